-- A known person under a new number: the former ones stay as history. Grain: one number. Idempotency: the primary key.
-- A newcomer's former number is kept as well, so that whoever still uses it is understood.
with added as (
  insert into registry.identifier (matricule, matricule_kind, person_id, known_since)
  select
    s.matricule,
    s.matricule_kind,
    s.person_id,
    :day
  from staged as s
  where not exists (select from registry.identifier as i where i.matricule = s.matricule)
  order by s.matricule
  on conflict (matricule) do nothing
  returning person_id
)

insert into registry.fact (person_id, kind, happened_on, work_id)
select
  person_id,
  'NUMBER_CHANGED',
  :reference_date,
  :work_id
from added
on conflict do nothing
