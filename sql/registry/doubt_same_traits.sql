-- Newcomers who have all five traits in common with somebody else of the registry, under another matricule: a person decides.
-- Grain: one pair. Idempotency: the unique key. Index: person_traits, looked up once a newcomer (the planner would rather read it whole).
insert into registry.doubt (kind, person_id, other_id, raised_on, work_id)
select
  'SAME_TRAITS',
  n.person_id,
  alike.person_id as other_id,
  :day,
  :work_id
from registry.person as n
cross join
  lateral (
    select o.person_id
    from registry.person as o
    where
      registry.traits(o.birth_name_key, o.first_names_key, o.birth_date, o.sex, o.birthplace_code)
      = registry.traits(n.birth_name_key, n.first_names_key, n.birth_date, n.sex, n.birthplace_code)
      and (o.birth_name_key, o.first_names_key, o.birth_date, o.sex)
      = (n.birth_name_key, n.first_names_key, n.birth_date, n.sex)
      and o.birthplace_code is not distinct from n.birthplace_code
      and o.person_id < n.person_id
    order by o.person_id
    limit :most_alike
  ) as alike
where n.person_id between :first_id and :last_id
on conflict (kind, person_id, other_id, subject) do nothing
