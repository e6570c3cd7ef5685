-- Gives back the claims of e-mails that surely did not leave: another run submits them. What may have left stays CLAIMED, and is
-- submitted again with the same Message-ID and code. Grain: one attempt, given as parallel arrays.
-- Idempotency: only a CLAIMED attempt becomes PREPARED. Index: the attempt's primary key.
update campaign.attempt as a
set status = 'PREPARED'
from unnest(cast(:person_ids as bigint[]), cast(:attempt_nos as smallint[])) as given (person_id, attempt_no)
where
  a.person_id = given.person_id and a.campaign_id = :campaign_id and a.attempt_no = given.attempt_no
  and a.status = 'CLAIMED'
