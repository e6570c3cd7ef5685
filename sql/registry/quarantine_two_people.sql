-- A row whose number and former number are known as two people: never merged by a file, a person decides.
-- Grain: one row, given as parallel arrays.
with given as (
  select *
  from unnest(
    cast(:files as text[]), cast(:lines as bigint[]), cast(:person_ids as bigint[]), cast(:other_ids as bigint[])
  ) as row (file, line, person_id, other_id)
),

asked as (
  insert into registry.doubt (kind, person_id, other_id, raised_on, work_id)
  select
    'TWO_PEOPLE',
    person_id,
    other_id,
    :day,
    :work_id
  from given
  on conflict (kind, person_id, other_id, subject) do nothing
)

insert into registry.quarantine (delivery_id, file, line, reason, column_name)
select
  :delivery_id,
  file,
  line,
  'TWO_PEOPLE_KNOWN',
  'former_matricule'
from given
