-- The windows that run, by their last day, and how those ended that have. Grain: one last day and status.
-- Index: journey_window knows the running ones only; every journey is read once a forecast.
select
  last_day,
  status::text as status,
  count(*) as people
from campaign.journey
where campaign_id = :campaign_id and status in ('NOTIFIED', 'OPPOSED', 'OPENED') and last_day is not null
group by last_day, status
order by last_day, status
