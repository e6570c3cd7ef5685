-- The lots that are not handed over and hold letters of a cancelled wave. Index: lot_unfinished, attempt_lot.
select l.lot_id
from notices.print_lot as l
where
  l.status = 'PLANNED'
  and exists (
    select from campaign.attempt as a
    inner join campaign.wave as w on a.wave_id = w.wave_id
    where a.lot_id = l.lot_id and w.status = 'CANCELLED'
  )
order by l.lot_id
