-- E-mails with a message that failed: the message waits to be addressed again, by another channel.
-- Grain: one attempt, given as parallel arrays. Idempotency: only a CLAIMED (refused by the relay) or SENT (bounced) e-mail fails.
-- Index: the attempts' primary key, then the messages'.
with failed as (
  update campaign.attempt as a
  set status = 'FAILED', failure = given.failure
  from
    unnest(
      cast(:person_ids as bigint[]), cast(:attempt_nos as smallint[]), cast(:failures as text[])
    ) as given (person_id, attempt_no, failure)
  where
    a.person_id = given.person_id and a.campaign_id = :campaign_id and a.attempt_no = given.attempt_no
    and a.message_id is not null and a.channel = 'EMAIL' and a.status in ('CLAIMED', 'SENT')
  returning a.message_id
)

update notices.message as m
set addressed_in = null
from failed as f
where m.message_id = f.message_id
