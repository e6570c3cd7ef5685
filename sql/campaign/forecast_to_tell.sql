-- Who is still to be told: what a forecast begins with. Grain: one department, body and channel.
-- Index: none; `campaign.still_to_tell` reads each table once.
select
  department,
  body,
  channel,
  people
from campaign.still_to_tell(:day, cast(:campaign_id as smallint), cast(:represented_by as text[]), :unusable_address)
order by department, body, channel
