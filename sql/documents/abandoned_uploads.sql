-- Objects that were to be written long ago and that no run brought to an end, locked: whoever wants to write one again waits. `is_named`
-- where a document names it all the same. Grain: one object. Index: upload_begun, then document's key, by person.
select
  u.account_id,
  u.sha256,
  coalesce((
    select true
    from documents.document as d
    where d.person_id = u.person_id and d.account_id = u.account_id and d.sha256 = u.sha256
    limit 1
  ), false) as is_named
from documents.upload as u
where u.begun_at < :before
order by u.begun_at
limit :most
for update of u skip locked
