-- Says which objects are about to be written, before they are. Grain: one object. Idempotency key: space and content.
insert into documents.upload (person_id, account_id, sha256, begun_at)
select distinct
  g.person_id,
  g.account_id,
  g.sha256,
  cast(:as_of as timestamptz)
from unnest(cast(:person_ids as bigint[]), cast(:account_ids as uuid[]), cast(:sha256 as bytea[])) as g (person_id, account_id, sha256)
order by g.account_id, g.sha256
on conflict (account_id, sha256) do update set begun_at = excluded.begun_at
