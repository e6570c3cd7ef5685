-- title: Attempts made = attempts of the journeys, one after the other
-- Violations: somebody of whom two attempts could both still count. Where: body and department. Messages that tell of no window have no
-- wave, and are not counted.
with given_back as (
  select distinct person_id
  from platform.audit
  where subject = 'journey' and after = 'ELIGIBLE'
),

made as (
  select
    a.person_id,
    a.campaign_id,
    count(*) as attempts,
    count(*) filter (where a.status in ('PREPARED', 'CLAIMED', 'SENT')) as alive
  from campaign.attempt as a
  where a.message_id is null
  group by a.person_id, a.campaign_id
),

placed as (
  select
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department,
    coalesce(m.attempts, 0) as left_hand,
    coalesce(j.attempt_no, 0) as right_hand,
    cast(coalesce(m.alive > 1 and g.person_id is null, false) as integer) as violations
  from made as m
  full join campaign.journey as j on m.person_id = j.person_id and m.campaign_id = j.campaign_id
  left join given_back as g on m.person_id = g.person_id
  left join registry.contact as c on coalesce(m.person_id, j.person_id) = c.person_id
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
