-- Civil status corrected by a body that gives the person's former number: sex and birth date. Grain: one person.
-- Idempotency: writes only what differs.
with corrected as (
  update registry.person as p
  set sex = s.sex, birth_date = s.birth_date, born_on = s.born_on, birth_precision = s.birth_precision
  from staged as s
  where
    p.person_id = s.person_id and s.former_matricule is not null
    and (p.sex, p.birth_date) is distinct from (s.sex, s.birth_date)
  returning p.person_id
),

noted as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select
    person_id,
    'TRAITS_CORRECTED',
    :reference_date,
    :work_id
  from corrected
  on conflict do nothing
)

insert into touched (person_id)
select person_id
from corrected
