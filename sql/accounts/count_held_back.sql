-- How many people who are due have an open day in their six weeks. Index: journey_window.
select count(*) as people
from campaign.journey as j
where
  j.status = 'NOTIFIED' and j.last_day < :due_before
  and exists (
    select from unnest(cast(:open_days as date[])) as o (day) where o.day between j.last_day - cast(:window_days as integer) and j.last_day
  )
