-- title: People whom the civil register tells dead = of these, those whom the registry tells dead
-- Violations: somebody whose death stands in the civil register and whom the registry tells alive. Where: body and department.
with told as (
  select distinct d.person_id
  from registry.civil_death as d
  where d.reversed_by is null
),

placed as (
  select
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department,
    cast(p.died_on is not null as integer) as is_dead
  from told as t
  inner join registry.person as p on t.person_id = p.person_id
  left join registry.contact as c on t.person_id = c.person_id
)

select
  body,
  department,
  count(*) as left_hand,
  coalesce(sum(is_dead), 0) as right_hand,
  count(*) filter (where is_dead = 0) as violations
from placed
group by grouping sets ((), (body, department))
having grouping(body) = 1 or count(*) <> sum(is_dead)
order by body nulls first, department
