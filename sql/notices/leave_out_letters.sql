-- Letters that no font or line can show leave their lot, and the people whom they concern wait for somebody to correct the registry.
-- Grain: one attempt; a letter is given by its rank in the lot. Idempotency: only a CLAIMED attempt of the lot fails. Index: attempt_lot.
with failing as (
  select
    person_id,
    campaign_id,
    attempt_no,
    lot_rank
  from campaign.attempt
  where lot_id = :lot_id and lot_rank = any(:lot_ranks) and status = 'CLAIMED'
),

failed as (
  update campaign.attempt as a
  set status = 'FAILED', failure = 'UNPRINTABLE', lot_id = null, lot_rank = null
  from failing as f
  where a.person_id = f.person_id and a.campaign_id = f.campaign_id and a.attempt_no = f.attempt_no
),

excluded_people as (
  update campaign.journey as j
  set status = 'EXCLUDED', reason = 'UNPRINTABLE'
  from failing as f
  where
    j.person_id = f.person_id and j.campaign_id = f.campaign_id and j.attempt_no = f.attempt_no and j.status = 'PLANNED'
)

update notices.print_lot
set letters = letters - (select count(distinct lot_rank) from failing)
where lot_id = :lot_id
