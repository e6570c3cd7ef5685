-- Opens the spaces that waited for a locked record which is free now, and takes the record over.
-- Grain: one account. Idempotency: only an IMPOSSIBLE account moves. Index: account_impossible, the key of existing_record.
update accounts.account as a
set
  status = 'OPEN',
  impossible_since = null,
  impossible_reason = null,
  record_no = case when r.state = 'ACTIVE' then r.record_no end
from accounts.existing_record as r
where
  a.person_id = r.person_id
  and a.status = 'IMPOSSIBLE'
  and a.impossible_reason = 'EXISTING_RECORD LOCKED'
  and r.state <> 'LOCKED'
