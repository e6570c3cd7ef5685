-- The next archives of a shard whose documents are to be retained, and the keys of those documents. Grain: one space.
-- Index: account_to_retain, then the documents' primary key.
select
  a.person_id,
  cast(a.account_id as text) as account_id,
  a.archived_until,
  array(
    select distinct encode(d.sha256, 'hex')
    from documents.document as d
    where d.person_id = a.person_id and d.account_id = a.account_id
  ) as digests
from accounts.account as a
where
  a.status = 'CLOSED' and a.retained_until is distinct from a.archived_until
  and a.person_id > :after_id and a.person_id <= :last_id
order by a.person_id
limit :most
