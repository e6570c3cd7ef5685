-- Ends the codes that people asked to have replaced, and gives the people back to planning: another notice follows, with a code and six
-- weeks of its own. The wrong tries of the old code are forgotten. Grain: one person. Idempotency: only a NOTIFIED journey moves.
-- Index: the requests' primary key, then primary keys.
with asked as (
  select
    j.person_id,
    j.campaign_id,
    j.attempt_no,
    j.last_day,
    r.received_at
  from oppositions.request as r
  inner join campaign.journey as j on r.person_id = j.person_id and j.campaign_id = :campaign_id and j.status = 'NOTIFIED'
  where r.work_id = :work_id and r.outcome = 'NOTED' and r.cause is null
),

ended as (
  insert into oppositions.dead_code (person_id, campaign_id, attempt_no, died_at, last_day, work_id)
  select
    person_id,
    campaign_id,
    attempt_no,
    received_at,
    last_day,
    :work_id
  from asked
),

forgotten as (
  update oppositions.failure as f
  set failures = 0
  from asked as a
  where f.person_id = a.person_id and f.campaign_id = a.campaign_id
)

update campaign.journey as j
set status = 'ELIGIBLE', reason = 'NEW_CODE', wave_id = null, last_day = null
from asked as a
where j.person_id = a.person_id and j.campaign_id = a.campaign_id
