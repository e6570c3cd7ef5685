-- Two people are one: whatever led to the one that goes leads to the one that stays. Numbers, people whom it represents, reports of
-- its death. Grain: one row that is moved. Idempotency: nothing leads to the one that went. Index: identifier_of_person,
-- representative_of, primary keys.
with numbers as (
  update registry.identifier
  set person_id = :kept
  where person_id = :dropped
  returning person_id
),

represented as (
  update registry.representative
  set representative_id = :kept
  where representative_id = :dropped and person_id <> :kept
  returning person_id
),

deaths as (
  update registry.civil_death as d
  set person_id = :kept
  where
    d.person_id = :dropped
    and not exists (select from registry.civil_death as k where k.person_id = :kept and k.died_on = d.died_on)
  returning d.person_id
)

select
  (select count(*) from numbers) as numbers,
  (select count(*) from represented) as represented,
  (select count(*) from deaths) as deaths
