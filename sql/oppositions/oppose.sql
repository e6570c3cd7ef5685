-- Makes the accepted requests of a file oppositions. Grain: one person. The key (person, campaign) allows one.
with accepted as (
  insert into oppositions.opposition (
    person_id, campaign_id, attempt_no, channel, received_at, receipt, work_id
  )
  select
    r.person_id,
    j.campaign_id,
    j.attempt_no,
    r.channel,
    r.received_at,
    r.receipt,
    r.work_id
  from oppositions.request as r
  inner join campaign.journey as j on r.person_id = j.person_id and j.campaign_id = :campaign_id
  where r.work_id = :work_id and r.outcome = 'ACCEPTED'
  returning person_id, campaign_id
)

update campaign.journey as j
set status = 'OPPOSED', reason = null
from accepted as a
where j.person_id = a.person_id and j.campaign_id = a.campaign_id
