-- The post has received a lot: its letters count as sent that day, and their windows start, until the :last_day that
-- `pipelines/campaign/window.py` gives. Grain: one lot. Idempotency: only a lot on its way to the post is deposited, whatever the print
-- house has said of it so far. A person who opposed before the report came keeps the opposition.
-- Index: attempt_lot, then primary keys. Source: CSP R1111-28 (six weeks from the sending).
with deposited as (
  update notices.print_lot
  set status = 'DEPOSITED', deposited_on = :deposited_on
  where lot_id = :lot_id and status in ('HANDED_OVER', 'ACCEPTED', 'PRINTED')
  returning lot_id
),

sent as (
  update campaign.attempt as a
  set status = 'SENT', sent_on = :deposited_on
  from deposited as d
  where a.lot_id = d.lot_id and a.status = 'CLAIMED'
  returning a.person_id, a.campaign_id, a.attempt_no
),

notified as (
  update campaign.journey as j
  set status = 'NOTIFIED', reason = null, last_day = :last_day
  from sent as s
  where
    j.person_id = s.person_id and j.campaign_id = s.campaign_id and j.attempt_no = s.attempt_no
    and j.status = 'PLANNED'
  returning j.person_id
)

select
  (select count(*) from deposited) as lots,
  (select count(*) from sent) as sent,
  (select count(*) from notified) as notified
