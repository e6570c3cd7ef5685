-- Newcomers, and people whose traits were corrected, who have all five traits in common with somebody else of the registry, under another
-- matricule: a person decides. Grain: one pair, the greater id first. Idempotency: the unique key; a correction is asked about once.
-- Index: person_traits, looked up once a person (the planner would rather read it whole).
with corrected as (
  delete from registry.corrected_traits
  returning person_id
),

asked_about as (
  select
    p.*,
    false as was_known
  from registry.person as p
  where p.person_id between :first_id and :last_id
  union all
  select
    p.*,
    true as was_known
  from corrected as c
  inner join registry.person as p on c.person_id = p.person_id
  where p.person_id not between :first_id and :last_id
)

insert into registry.doubt (kind, person_id, other_id, raised_on, work_id)
select
  'SAME_TRAITS',
  greatest(n.person_id, alike.person_id),
  least(n.person_id, alike.person_id),
  :day,
  :work_id
from asked_about as n
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
      and (o.person_id < n.person_id or (n.was_known and o.person_id > n.person_id))
    order by o.person_id
    limit :most_alike
  ) as alike
on conflict (kind, person_id, other_id, subject) do nothing
