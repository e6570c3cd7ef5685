-- The deaths that wait for a person, oldest first. Grain: one doubt. Index: doubt_open.
select
  doubt_id,
  person_id,
  subject,
  raised_on
from registry.doubt
where kind = 'DEATH' and status = 'OPEN'
order by raised_on, doubt_id
