-- The waves that go on, of which notices wait, and that nobody approved with the content in place. Index: attempt_open.
select
  m.wave_id,
  w.content
from campaign.moving_wave as m
inner join campaign.wave as w on m.wave_id = w.wave_id
where
  m.wave_id not in (select a.wave_id from campaign.wave_approved_with(:content) as a)
  and exists (select from campaign.attempt as a where a.wave_id = m.wave_id and a.status in ('PREPARED', 'CLAIMED') and a.lot_id is null)
order by m.wave_id
