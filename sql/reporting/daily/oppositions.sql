-- Oppositions by the channel on which they came: all that were recorded, those received from :first_day to :last_day,
-- closings asked for after the opening, and of these the gravest: received in time and taken in after the opening.
-- Grain: one channel. Index: none serves it; oppositions and requests are read once a day.
with opposed as (
  select
    channel,
    count(*) as recorded,
    count(*) filter (
      where cast(received_at at time zone 'Europe/Paris' as date) between :first_day and :last_day
    ) as this_week
  from oppositions.opposition
  group by channel
),

closing as (
  select
    channel,
    count(*) as closings,
    count(*) filter (where cause = 'IN_TIME_AFTER_OPENING') as in_time_after_opening
  from oppositions.request
  where outcome = 'CLOSING'
  group by channel
)

select
  coalesce(o.channel, c.channel) as channel,
  coalesce(o.recorded, 0) as recorded,
  coalesce(o.this_week, 0) as this_week,
  coalesce(c.closings, 0) as closings,
  coalesce(c.in_time_after_opening, 0) as in_time_after_opening
from opposed as o
full join closing as c on o.channel = c.channel
order by 1
