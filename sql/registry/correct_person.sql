-- A row that was set aside is right: sex and birth date of the person become those of the row. Grain: one person.
-- Idempotency: the caller's unit of work. Index: the primary key.
with corrected as (
  update registry.person
  set sex = :sex, birth_date = :birth_date, born_on = :born_on, birth_precision = :birth_precision
  where person_id = :person_id
  returning person_id
)

insert into registry.fact (person_id, kind, happened_on, work_id)
select
  person_id,
  'TRAITS_CORRECTED',
  :day,
  :work_id
from corrected
on conflict do nothing
