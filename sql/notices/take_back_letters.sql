-- The letters of cancelled waves leave a lot that is not handed over, and are withdrawn with what else is left of their waves; a lot that
-- loses all is closed. Grain: one lot. Idempotency: only CLAIMED attempts of a PLANNED lot. Index: attempt_lot. The caller holds the lot.
with taken as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no,
    a.lot_rank
  from campaign.attempt as a
  inner join campaign.wave as w on a.wave_id = w.wave_id and w.status = 'CANCELLED'
  where a.lot_id = :lot_id and a.status = 'CLAIMED'
),

waiting as (
  update campaign.attempt as a
  set status = 'PREPARED', lot_id = null, lot_rank = null
  from taken as t
  where a.person_id = t.person_id and a.campaign_id = t.campaign_id and a.attempt_no = t.attempt_no
),

left_over as (
  select l.letters - (select count(distinct t.lot_rank) from taken as t) as letters
  from notices.print_lot as l
  where l.lot_id = :lot_id
)

update notices.print_lot as l
set letters = o.letters, status = case o.letters when 0 then 'EMPTY' else l.status end
from left_over as o
where l.lot_id = :lot_id and l.status = 'PLANNED'
