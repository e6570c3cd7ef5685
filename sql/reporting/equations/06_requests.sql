-- title: Lines of opposition files received = accepted + closings + refused
-- Violations: a file whose lines are not all answered. Where: the channel of the requests.
with counted as (
  select
    substr(f.kind, 13) as channel,
    f.lines as left_hand,
    0 as right_hand,
    cast(f.lines <> (select count(*) from oppositions.request as r where r.work_id = f.work_id) as integer) as violations
  from platform.inbound_file as f
  where f.kind like 'oppositions/%'
  union all
  select
    channel,
    0,
    count(*),
    0
  from oppositions.request
  group by channel
)

select
  channel,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  coalesce(sum(violations), 0) as violations
from counted
group by grouping sets ((), (channel))
having grouping(channel) = 1 or sum(left_hand) <> sum(right_hand) or sum(violations) > 0
order by channel nulls first
