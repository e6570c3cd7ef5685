-- Records the e-mails that the relay accepted, and starts their windows. Grain: one attempt, given as parallel arrays.
-- Idempotency: only a CLAIMED attempt becomes SENT, only a PLANNED journey at that attempt becomes NOTIFIED.
with accepted as (
  select *
  from unnest(
    cast(:person_ids as bigint[]), cast(:attempt_nos as smallint[]), cast(:sent_ats as timestamptz[]),
    cast(:sent_ons as date[]), cast(:last_days as date[])
  ) as given (person_id, attempt_no, sent_at, sent_on, last_day)
),

sent as (
  update campaign.attempt as a
  set status = 'SENT', sent_at = accepted.sent_at, sent_on = accepted.sent_on
  from accepted
  where
    a.person_id = accepted.person_id and a.campaign_id = :campaign_id and a.attempt_no = accepted.attempt_no
    and a.status = 'CLAIMED'
  returning a.person_id, a.campaign_id, a.attempt_no, accepted.last_day
),

notified as (
  update campaign.journey as j
  set status = 'NOTIFIED', reason = null, last_day = sent.last_day
  from sent
  where
    j.person_id = sent.person_id and j.campaign_id = sent.campaign_id and j.attempt_no = sent.attempt_no
    and j.status = 'PLANNED'
  returning j.person_id
)

select
  (select count(*) from sent) as sent,
  (select count(*) from notified) as notified
