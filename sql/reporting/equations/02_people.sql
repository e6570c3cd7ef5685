-- title: People of the registry, or found to be another one = excluded + to be told + pending + opposed + opened + cancelled + not planned
-- Whoever was found to be another person leaves the registry; what the campaign wrote about them stays.
-- Violations: a journey of somebody whom the registry neither knows nor found to be another person.
with one_person as (
  select person_id
  from registry.doubt
  where status = 'SAME' and kind in ('SAME_TRAITS', 'TWO_PEOPLE')
  union
  select other_id
  from registry.doubt
  where status = 'SAME' and kind in ('SAME_TRAITS', 'TWO_PEOPLE')
)

select
  (select count(*) from registry.person) + count(*) filter (where p.person_id is null and o.person_id is not null) as left_hand,
  count(j.person_id) + (
    select count(*) from registry.person as k where not exists (select from campaign.journey as x where x.person_id = k.person_id)
  ) as right_hand,
  count(*) filter (where p.person_id is null and o.person_id is null) as violations
from campaign.journey as j
left join registry.person as p on j.person_id = p.person_id
left join one_person as o on j.person_id = o.person_id
