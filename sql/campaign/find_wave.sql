-- A wave, for whoever looks at it or decides on it. Index: the primary key.
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
  c.state as campaign_state
from campaign.wave as w
inner join campaign.campaign_state as c on w.campaign_id = c.campaign_id
where w.wave_id = :wave_id
