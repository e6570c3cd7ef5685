-- One question about identity, and what was decided. Index: the primary key.
select
  doubt_id,
  kind,
  person_id,
  other_id,
  subject,
  raised_on,
  status,
  decided_by,
  decided_at
from registry.doubt
where doubt_id = :doubt_id
