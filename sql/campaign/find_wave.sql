-- A wave, for whoever decides on it. Index: the primary key.
select
  w.wave_id,
  w.planned_for,
  w.status,
  w.proposed_by,
  w.decided_by
from campaign.wave as w
where w.wave_id = :wave_id
