-- title: People whom the civil register tells dead = of these, those whom the registry tells dead
-- Violations: somebody whose death stands in the civil register and whom the registry tells alive.
with told as (
  select distinct d.person_id
  from registry.civil_death as d
  where d.reversed_by is null
)

select
  count(*) as left_hand,
  count(*) filter (where p.died_on is not null) as right_hand,
  count(*) filter (where p.died_on is null) as violations
from told as t
inner join registry.person as p on t.person_id = p.person_id
