-- Waves and campaigns that were paused before :before and neither resumed nor cancelled. Grain: one wave or campaign. Both are few.
with last_order as (
  select distinct on (s.campaign_id, s.wave_id)
    s.campaign_id,
    s.wave_id,
    s.action,
    u.as_of
  from campaign.steering as s
  inner join platform.unit_of_work as u on s.work_id = u.work_id
  order by s.campaign_id asc, s.wave_id asc, s.work_id desc
)

select
  coalesce('wave ' || wave_id, 'campaign ' || campaign_id) as place,
  cast(1 as bigint) as things,
  as_of as since
from last_order
where action = 'PAUSE' and as_of < :before
order by as_of
