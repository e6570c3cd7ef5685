-- An e-mail that failed becomes a letter the same day: its attempt fails, the window stops, a new attempt by post is prepared.
-- Without a postal address the person is excluded, with the reason. Grain: one attempt, given as parallel arrays.
-- Idempotency: only the journey's current attempt counts, CLAIMED (refused by the relay) or SENT (bounced); a person who
-- already opposed, or whose space is open, is left alone. Source: CSP R1111-28 (post if sending the e-mail fails).
with failing as (
  select
    j.person_id,
    j.campaign_id,
    j.attempt_no,
    j.wave_id,
    a.subject,
    a.recipient_id,
    c.version as contact_version,
    c.address_flags & :unusable_address = 0 as has_address,
    given.failure
  from
    unnest(
      cast(:person_ids as bigint[]), cast(:attempt_nos as smallint[]), cast(:failures as text[])
    ) as given (person_id, attempt_no, failure)
  inner join campaign.journey as j
    on
      given.person_id = j.person_id and j.campaign_id = :campaign_id and given.attempt_no = j.attempt_no
      and j.status in ('PLANNED', 'NOTIFIED')
  inner join campaign.attempt as a
    on
      j.person_id = a.person_id and j.campaign_id = a.campaign_id and j.attempt_no = a.attempt_no
      and a.channel = 'EMAIL' and a.status in ('CLAIMED', 'SENT')
  inner join registry.contact as c on a.recipient_id = c.person_id
  order by j.person_id
  for update of j, a
),

failed as (
  update campaign.attempt as a
  set status = 'FAILED', failure = f.failure
  from failing as f
  where a.person_id = f.person_id and a.campaign_id = f.campaign_id and a.attempt_no = f.attempt_no
),

moved as (
  update campaign.journey as j
  set
    status = case when f.has_address then 'PLANNED' else 'EXCLUDED' end::campaign.journey_status,
    reason = case when f.has_address then f.failure else 'NO_ADDRESS' end,
    attempt_no = case when f.has_address then j.attempt_no + 1 else j.attempt_no end,
    last_day = null
  from failing as f
  where j.person_id = f.person_id and j.campaign_id = f.campaign_id
),

letters as (
  insert into campaign.attempt (
    person_id, campaign_id, attempt_no, wave_id, channel, subject, recipient_id, contact_version, code_key_version
  )
  select
    person_id,
    campaign_id,
    attempt_no + 1,
    wave_id,
    'LETTER',
    subject,
    recipient_id,
    contact_version,
    (select k.code_key_version from campaign.campaign as k where k.campaign_id = :campaign_id)
  from failing
  where has_address
)

select
  person_id,
  attempt_no,
  has_address
from failing
