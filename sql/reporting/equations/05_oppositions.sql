-- title: Journeys that ended in an opposition = oppositions recorded and not withdrawn
-- Violations: somebody who opposed and has a space that is not closed; an opposition without its accepted request, or the reverse.
-- Where: body and department of the person, channel of the request.
with accepted as (
  select
    person_id,
    channel
  from oppositions.request
  where outcome = 'ACCEPTED'
),

open_space as (
  select distinct person_id
  from accounts.account
  where status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED')
),

counted as (
  select
    coalesce(j.person_id, o.person_id, r.person_id) as person_id,
    coalesce(o.channel, r.channel, 'NONE') as channel,
    cast(j.person_id is not null as integer) as left_hand,
    cast(o.person_id is not null and o.withdrawn_at is null as integer) as right_hand,
    cast(o.person_id is not null and o.withdrawn_at is null and a.person_id is not null as integer)
    + cast((o.person_id is null) <> (r.person_id is null) as integer) as violations
  from (select person_id from campaign.journey where status = 'OPPOSED') as j
  full join oppositions.opposition as o on j.person_id = o.person_id
  full join accepted as r on o.person_id = r.person_id
  left join open_space as a on o.person_id = a.person_id
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
  channel,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  coalesce(sum(violations), 0) as violations
from placed
group by grouping sets ((), (body, department, channel))
having grouping(body) = 1 or sum(left_hand) <> sum(right_hand) or sum(violations) > 0
order by body nulls first, department, channel
