-- A known person under a new number: the former ones stay as history. A former number that the registry did not know leads to the
-- person as well, whichever body still uses it. Grain: one number. Idempotency: the primary key.
with given as (
  select
    s.person_id,
    s.matricule,
    s.matricule_kind,
    true as is_new
  from staged as s
  union all
  select
    s.person_id,
    s.former_matricule,
    case
      when left(s.former_matricule, 1) not in ('7', '8') then 'NIR'
      when length(s.former_matricule) = 13 then 'NNP'
      else 'NIA'
    end,
    false
  from staged as s
  where s.former_matricule is not null
),

added as (
  insert into registry.identifier (matricule, matricule_kind, person_id, known_since)
  select
    g.matricule,
    g.matricule_kind,
    g.person_id,
    :day
  from given as g
  where not exists (select from registry.identifier as i where i.matricule = g.matricule)
  order by g.matricule
  on conflict (matricule) do nothing
  returning person_id, matricule
),

noted as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select
    a.person_id,
    'NUMBER_CHANGED',
    :reference_date,
    :work_id
  from added as a
  inner join given as g on a.matricule = g.matricule and g.is_new
  on conflict do nothing
)

insert into touched (person_id)
select person_id
from added
