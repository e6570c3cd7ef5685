-- Letters that no font or line can show leave their lot, and their people wait for somebody to correct the registry.
-- Grain: one letter, given by its ranks in the lot. Idempotency: only a CLAIMED attempt of the lot fails.
with failed as (
  update campaign.attempt
  set status = 'FAILED', failure = 'UNPRINTABLE', lot_id = null, lot_rank = null
  where lot_id = :lot_id and lot_rank = any(:lot_ranks) and status = 'CLAIMED'
  returning person_id, campaign_id, attempt_no
),

excluded_people as (
  update campaign.journey as j
  set status = 'EXCLUDED', reason = 'UNPRINTABLE'
  from failed as f
  where
    j.person_id = f.person_id and j.campaign_id = f.campaign_id and j.attempt_no = f.attempt_no and j.status = 'PLANNED'
)

update notices.print_lot
set letters = letters - (select count(*) from failed)
where lot_id = :lot_id
