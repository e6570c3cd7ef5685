-- The questions about identity that wait for a person, oldest first. Grain: one doubt. Index: doubt_open.
select
  doubt_id,
  kind,
  person_id,
  other_id,
  subject,
  raised_on
from registry.doubt
where status = 'OPEN' and kind = any(:kinds)
order by raised_on, doubt_id
