-- How many people's six weeks end on which day. Grain: one last day. Index: journey_window, read alone.
select
  last_day,
  count(*) as people
from campaign.journey
where status = 'NOTIFIED'
group by last_day
order by last_day
