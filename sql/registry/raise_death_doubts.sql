-- Asks a person about each line that waits. Grain: one line and person. Idempotency key: (kind, person, other, subject), the subject
-- being the file's name and the line's number.
insert into registry.doubt (kind, person_id, subject, raised_on, work_id)
select
  'DEATH',
  person_id,
  :file || ':' || line,
  :day,
  :work_id
from death_verdict
where outcome = 'WAITING'
order by person_id, line
on conflict (kind, person_id, other_id, subject) do nothing
