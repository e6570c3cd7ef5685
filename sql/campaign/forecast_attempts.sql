-- How many notices of each channel wait, left or failed: what a forecast learns from. Grain: one channel and status.
-- Index: none serves it; every attempt is read once a forecast.
select
  channel,
  status::text as status,
  count(*) as notices
from campaign.attempt
where campaign_id = :campaign_id and message_id is null
group by channel, status
order by channel, status
