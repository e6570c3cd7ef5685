-- Keeps when people asked for their space themselves: a request to close it that was received before counts no more
-- (`accounts.still_closes`). Grain: one person, given as parallel arrays. Idempotency: a later instant stays. Index: the accounts' primary
-- key. Source: CSP R1111-28, R1111-36.
update accounts.account as a
set asked_for_at = g.received_at
from unnest(cast(:person_ids as bigint[]), cast(:received_ats as timestamptz[])) as g (person_id, received_at)
where
  a.person_id = g.person_id and a.status in ('OPEN', 'SUSPENDED', 'IMPOSSIBLE')
  and g.received_at > coalesce(a.asked_for_at, '-infinity')
