-- Newcomers who have all five traits in common with somebody else of the registry, under another matricule: a person decides.
-- Grain: one pair. Idempotency: the unique key. Index: person_traits.
insert into registry.doubt (kind, person_id, other_id, raised_on, work_id)
select
  'SAME_TRAITS',
  n.person_id,
  o.person_id as other_id,
  :day,
  :work_id
from registry.person as n
inner join registry.person as o
  on
    registry.traits(n.birth_name_key, n.first_names_key, n.birth_date, n.sex, n.birthplace_code)
    = registry.traits(o.birth_name_key, o.first_names_key, o.birth_date, o.sex, o.birthplace_code)
    and (n.birth_name_key, n.first_names_key, n.birth_date, n.sex) = (o.birth_name_key, o.first_names_key, o.birth_date, o.sex)
    and n.birthplace_code is not distinct from o.birthplace_code
    and n.person_id > o.person_id
where n.person_id between :first_id and :last_id
on conflict (kind, person_id, other_id, subject) do nothing
