-- People who died or left between planning and sending are told nothing: their notice is withdrawn before it leaves.
-- Grain: one prepared attempt of the day's waves. Idempotency: only a PREPARED attempt is withdrawn. Index: attempt_open.
with gone as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no,
    case when p.died_on is not null then 'DECEASED' else 'LEFT' end as reason
  from campaign.wave as w
  inner join campaign.attempt as a on w.wave_id = a.wave_id and a.status = 'PREPARED'
  inner join registry.person as p on a.person_id = p.person_id
  where w.status = 'APPROVED' and w.campaign_id = :campaign_id and (p.died_on is not null or p.rights_end_on <= :day)
),

withdrawn as (
  update campaign.attempt as a
  set status = 'CANCELLED', failure = g.reason
  from gone as g
  where a.person_id = g.person_id and a.campaign_id = g.campaign_id and a.attempt_no = g.attempt_no
)

update campaign.journey as j
set status = 'CANCELLED', reason = g.reason
from gone as g
where j.person_id = g.person_id and j.campaign_id = g.campaign_id and j.status = 'PLANNED'
