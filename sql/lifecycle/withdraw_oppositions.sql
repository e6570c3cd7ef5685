-- Withdraws oppositions: the proof stays, the journey ends in an opening. Grain: one person, given in an array with the instant of the
-- request. Its window is over for good. Idempotency: only an OPPOSED journey moves. Index: primary keys. Source: CSP R1111-28 (the refusal
-- can be taken back at any time).
with given as (
  select
    person_id,
    received_at
  from unnest(cast(:person_ids as bigint[]), cast(:received_ats as timestamptz[])) as given (person_id, received_at)
),

withdrawn as (
  update oppositions.opposition as o
  set withdrawn_at = g.received_at, withdrawn_by = :work_id
  from given as g
  where o.person_id = g.person_id and o.campaign_id = :campaign_id and o.withdrawn_at is null
  returning o.person_id
)

update campaign.journey as j
set status = 'OPENED', reason = 'OPPOSITION_WITHDRAWN', last_day = null
from withdrawn as w
where j.person_id = w.person_id and j.campaign_id = :campaign_id and j.status = 'OPPOSED'
