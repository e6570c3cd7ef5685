-- A lot that its print house refuses is withdrawn: it will never be printed, and its letters wait again, with the same codes, for the
-- next lots. Grain: one lot. Idempotency: only a REFUSED lot is withdrawn. Index: the primary key; attempt_lot.
with withdrawn as (
  update notices.print_lot
  set status = 'WITHDRAWN', letters = 0
  where lot_id = :lot_id and status = 'REFUSED'
  returning lot_id
),

waiting as (
  update campaign.attempt as a
  set status = 'PREPARED', lot_id = null, lot_rank = null
  from withdrawn as w
  where a.lot_id = w.lot_id and a.status = 'CLAIMED'
  returning a.person_id
)

select
  (select count(*) from withdrawn) as lots,
  (select count(*) from waiting) as people
