-- A lot of which nothing is on paper is withdrawn: it will never be printed, and its letters wait again, with the same codes, for the next
-- lots. Its print house refuses it, or somebody states that nothing of it is printed; never where a printing or a deposit of it was
-- reported, whatever was made of that line. Grain: one lot. Idempotency: only a lot on its way to the press.
-- Index: the primary key; attempt_lot; report_line_of_lot.
with looked as (
  select
    l.lot_id,
    l.status,
    exists(
      select from notices.report_line as r
      inner join platform.unit_of_work as u on r.work_id = u.work_id
      where r.lot_id = l.lot_id and u.step ~ '/(printings|deposits)$'
    ) as is_reported
  from notices.print_lot as l
  where l.lot_id = :lot_id
  for update
),

withdrawn as (
  update notices.print_lot as l
  set status = 'WITHDRAWN', letters = 0, withdrawn_because = :reason
  from looked as k
  where
    l.lot_id = k.lot_id
    and not k.is_reported
    and (k.status = 'REFUSED' or (:nothing_printed and k.status in ('HANDED_OVER', 'ACCEPTED')))
  returning l.lot_id
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
  (select count(*) from waiting) as people,
  (select k.status from looked as k) as status,
  (select k.is_reported from looked as k) as is_reported
