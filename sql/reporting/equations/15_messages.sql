-- title: Messages to people = on their way or told + waiting for somebody who can be written to + to nobody, since the person died
-- Violations: a message that leaves twice; somebody whose opposition is not confirmed by one. Where: body and department.
with leaving as (
  select
    message_id,
    count(*) as attempts
  from campaign.attempt
  where message_id is not null and status in ('PREPARED', 'CLAIMED', 'SENT')
  group by message_id
),

counted as (
  select
    m.person_id,
    1 as left_hand,
    cast(a.message_id is not null or m.addressed_in is null or m.reason = 'DECEASED' as integer) as right_hand,
    cast(coalesce(a.attempts > 1, false) as integer) as violations
  from notices.message as m
  left join leaving as a on m.message_id = a.message_id
  union all
  select
    o.person_id,
    0,
    0,
    1
  from oppositions.opposition as o
  where
    not exists (
      select from notices.message as m
      where m.person_id = o.person_id and m.campaign_id = o.campaign_id and m.subject = 'opposition_receipt'
    )
),

placed as (
  select
    k.*,
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department
  from counted as k
  left join registry.contact as c on k.person_id = c.person_id
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
