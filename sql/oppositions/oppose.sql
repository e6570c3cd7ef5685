-- Makes the accepted requests of a file oppositions. Grain: one person. The key (person, campaign) allows one.
-- Index: the requests' primary key, then the journeys'.
with accepted as (
  insert into oppositions.opposition (person_id, campaign_id, attempt_no, channel, received_at, receipt, work_id)
  select
    r.person_id,
    :campaign_id,
    r.attempt_no,
    r.channel,
    r.received_at,
    r.receipt,
    r.work_id
  from oppositions.request as r
  where r.work_id = :work_id and r.outcome = 'ACCEPTED'
  returning person_id, campaign_id
)

update campaign.journey as j
set status = 'OPPOSED', reason = null
from accepted as a
where j.person_id = a.person_id and j.campaign_id = a.campaign_id
