-- A row that was set aside is right: sex and birth date of the person become those of the row, and its number, where it is new, leads
-- to the person. Grain: one person. Idempotency: the caller's unit of work. Index: the primary keys.
with corrected as (
  update registry.person
  set sex = :sex, birth_date = :birth_date, born_on = :born_on, birth_precision = :birth_precision
  where person_id = :person_id
  returning person_id
),

numbered as (
  insert into registry.identifier (matricule, matricule_kind, person_id, known_since)
  select
    :matricule,
    :matricule_kind,
    person_id,
    :day
  from corrected
  on conflict (matricule) do nothing
  returning person_id
)

insert into registry.fact (person_id, kind, happened_on, work_id)
select
  person_id,
  'TRAITS_CORRECTED',
  cast(:day as date),
  cast(:work_id as bigint)
from corrected
union all
select
  person_id,
  'NUMBER_CHANGED',
  :day,
  :work_id
from numbered
on conflict do nothing
