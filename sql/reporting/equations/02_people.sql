-- title: People of the registry, or found to be another one = excluded + to be told + pending + opposed + opened + cancelled + not planned
-- Whoever was found to be another person leaves the registry; what the campaign wrote about them stays.
-- Violations: a journey of somebody whom the registry neither knows nor found to be another person. Where: body and department.
with one_person as (
  select person_id
  from registry.doubt
  where status = 'SAME' and kind in ('SAME_TRAITS', 'TWO_PEOPLE')
  union
  select other_id
  from registry.doubt
  where status = 'SAME' and kind in ('SAME_TRAITS', 'TWO_PEOPLE')
),

counted as (
  select
    p.person_id,
    1 as left_hand,
    cast(not exists (select from campaign.journey as j where j.person_id = p.person_id) as integer) as right_hand,
    0 as violations
  from registry.person as p
  union all
  select
    j.person_id,
    cast(p.person_id is null and o.person_id is not null as integer),
    1,
    cast(p.person_id is null and o.person_id is null as integer)
  from campaign.journey as j
  left join registry.person as p on j.person_id = p.person_id
  left join one_person as o on j.person_id = o.person_id
),

placed as (
  select
    c.*,
    coalesce(k.body, 'NONE') as body,
    coalesce(k.department, 'NONE') as department
  from counted as c
  left join registry.contact as k on c.person_id = k.person_id
)

select
  body,
  department,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  coalesce(sum(violations), 0) as violations
from placed
group by grouping sets ((), (body, department))
having grouping(body) = 1 or sum(left_hand) <> sum(right_hand) or sum(violations) > 0
order by body nulls first, department
