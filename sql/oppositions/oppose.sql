-- Makes the accepted requests of a file oppositions, and has each person told, with the receipt. Grain: one person. The key (person,
-- campaign) allows one.
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
  returning person_id, campaign_id, received_at, receipt, work_id
),

told as (
  insert into notices.message (person_id, campaign_id, subject, happened_on, receipt, work_id)
  select
    person_id,
    campaign_id,
    'opposition_receipt',
    cast(received_at at time zone 'Europe/Paris' as date),
    receipt,
    work_id
  from accepted
  on conflict do nothing
)

update campaign.journey as j
set status = 'OPPOSED', reason = null
from accepted as a
where j.person_id = a.person_id and j.campaign_id = a.campaign_id
