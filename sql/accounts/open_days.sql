-- The days of channels on which somebody who is due may have opposed and of which not everything is known: what openings wait for.
-- Grain: one channel, day and what is missing. Index: journey_window, then those of `oppositions.open_days`.
with due as (
  select min(last_day) as first_last_day
  from campaign.journey
  where status = 'NOTIFIED' and last_day < :due_before
)

select
  o.channel,
  o.day,
  o.missing
from due
cross join
  lateral oppositions.open_days(
    cast(:channels as text[]), due.first_last_day - cast(:window_days as integer), cast(:due_before as date) - 1
  ) as o
where due.first_last_day is not null
order by o.day, o.channel
