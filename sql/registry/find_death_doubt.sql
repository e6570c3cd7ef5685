-- A doubt about a death, with the file whose line raised it. Index: primary keys.
select
  d.doubt_id,
  d.person_id,
  d.subject,
  d.status,
  f.object_key as file,
  f.sha256
from registry.doubt as d
inner join platform.inbound_file as f on d.work_id = f.work_id
where d.doubt_id = :doubt_id and d.kind = 'DEATH'
