-- title: People of the registry = excluded + to be told + told and pending + opposed + opened + cancelled + not planned yet
-- Violations: a journey of somebody whom the registry does not know.
select
  (select count(*) from registry.person) as left_hand,
  count(j.person_id) + (
    select count(*) from registry.person as k where not exists (select from campaign.journey as x where x.person_id = k.person_id)
  ) as right_hand,
  count(*) filter (where p.person_id is null) as violations
from campaign.journey as j
left join registry.person as p on j.person_id = p.person_id
