-- A wave, or the last ones, the newest first, with what their planning runs found. `wave_id` null asks for all. Few rows: one a run.
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
where w.wave_id = :wave_id or cast(:wave_id as integer) is null
order by w.wave_id desc
limit :most
