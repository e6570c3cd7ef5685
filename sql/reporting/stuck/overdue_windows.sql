-- People whose last day to oppose ended before :before, whose space is not opened and whose journey did not end otherwise; not those whose
-- identity is in doubt, who wait for a person. Grain: one last day. Index: journey_window, doubt_open.
select
  'last day ' || last_day as place,
  count(*) as things,
  cast(last_day + 1 as timestamp) at time zone 'Europe/Paris' as since
from campaign.journey
where
  status = 'NOTIFIED' and last_day < cast(cast(:before as timestamptz) at time zone 'Europe/Paris' as date)
  and person_id not in (select d.person_id from registry.in_doubt as d)
group by last_day
order by last_day
