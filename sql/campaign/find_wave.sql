-- A wave and what its planning run found, for whoever looks at it or decides on it. Index: the primary keys.
select
  w.wave_id,
  w.campaign_id,
  w.planned_for,
  w.status,
  w.is_paused,
  w.content,
  w.proposed_by,
  w.decided_by,
  w.comment,
  u.counts
from campaign.wave as w
inner join platform.unit_of_work as u on w.work_id = u.work_id
where w.wave_id = :wave_id
