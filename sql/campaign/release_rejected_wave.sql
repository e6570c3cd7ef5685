-- Gives the people of a rejected wave back to planning. Grain: one attempt. Index: attempt_open.
with withdrawn as (
  update campaign.attempt
  set status = 'CANCELLED', failure = 'WAVE_REJECTED'
  where wave_id = :wave_id and status = 'PREPARED'
  returning person_id, campaign_id
),

released as (
  update campaign.journey as j
  set status = 'ELIGIBLE', reason = 'WAVE_REJECTED', wave_id = null
  from withdrawn as w
  where j.person_id = w.person_id and j.campaign_id = w.campaign_id and j.status = 'PLANNED'
)

select count(*) as released
from withdrawn
