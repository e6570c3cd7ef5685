-- Keeps the addresses at which e-mails failed for good, so that nobody who gave one is written to there again.
-- Grain: one address. Attempts are given as parallel arrays, whatever has become of them since.
-- Idempotency key: the digest of the address. Index: primary keys of attempt and contact_version.
insert into campaign.dead_address (digest, work_id)
select distinct
  campaign.address_digest(a.email),
  cast(:work_id as bigint)
from unnest(cast(:person_ids as bigint[]), cast(:attempt_nos as smallint[])) as given (person_id, attempt_no)
inner join notices.addressed_attempt as a
  on given.person_id = a.person_id and a.campaign_id = :campaign_id and given.attempt_no = a.attempt_no
where a.channel = 'EMAIL' and a.email is not null
on conflict (digest) do nothing
