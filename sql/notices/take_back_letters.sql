-- The letters of cancelled waves, and those about or to people who died, leave a lot that is not handed over; `withdraw_gone` says what
-- becomes of their people. Whoever else a letter concerns stays; a lot that loses all is closed.
-- Grain: one lot. Idempotency: only CLAIMED attempts of a PLANNED lot. Index: attempt_lot. The caller holds the lot.
with taken as (
  select
    t.person_id,
    t.campaign_id,
    t.attempt_no
  from notices.letter_to_take_back as t
  where t.lot_id = :lot_id
),

waiting as (
  update campaign.attempt as a
  set status = 'PREPARED', lot_id = null, lot_rank = null
  from taken as t
  where a.person_id = t.person_id and a.campaign_id = t.campaign_id and a.attempt_no = t.attempt_no
),

left_over as (
  select count(distinct a.lot_rank) as letters
  from campaign.attempt as a
  where
    a.lot_id = :lot_id
    and not exists (
      select from taken as t
      where t.person_id = a.person_id and t.campaign_id = a.campaign_id and t.attempt_no = a.attempt_no
    )
)

update notices.print_lot as l
set letters = o.letters, status = case o.letters when 0 then 'EMPTY' else l.status end
from left_over as o
where l.lot_id = :lot_id and l.status = 'PLANNED'
