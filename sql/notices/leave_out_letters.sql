-- Letters that no font or line can show leave their lot. The people at fault wait for somebody to correct the registry; whoever else such
-- a letter concerns waits for the next lot, without them. A message is addressed again, by another channel.
-- Grain: one attempt; a letter is given by its rank in the lot. Idempotency: only a CLAIMED attempt of the lot. Index: attempt_lot.
with leaving as (
  select
    person_id,
    campaign_id,
    attempt_no,
    message_id,
    lot_rank,
    person_id = any(:at_fault) as is_at_fault
  from campaign.attempt
  where lot_id = :lot_id and lot_rank = any(:lot_ranks) and status = 'CLAIMED'
),

left_out as (
  update campaign.attempt as a
  set
    status = case when l.is_at_fault then 'FAILED' else 'PREPARED' end::campaign.attempt_status,
    failure = case when l.is_at_fault then 'UNPRINTABLE' end,
    lot_id = null,
    lot_rank = null
  from leaving as l
  where a.person_id = l.person_id and a.campaign_id = l.campaign_id and a.attempt_no = l.attempt_no
),

waiting as (
  update notices.message as m
  set addressed_in = null
  from leaving as l
  where l.is_at_fault and m.message_id = l.message_id
),

excluded_people as (
  update campaign.journey as j
  set status = 'EXCLUDED', reason = 'UNPRINTABLE'
  from leaving as l
  where
    l.is_at_fault
    and j.person_id = l.person_id and j.campaign_id = l.campaign_id and j.attempt_no = l.attempt_no and j.status = 'PLANNED'
)

update notices.print_lot
set letters = letters - (select count(distinct lot_rank) from leaving)
where lot_id = :lot_id
