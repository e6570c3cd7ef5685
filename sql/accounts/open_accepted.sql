-- A space that was IMPOSSIBLE is open once every system has accepted what it refused before; not one that waits for a locked record.
-- Grain: one account of which a file brought something again. Idempotency: only an IMPOSSIBLE account moves.
-- Index: refusal_sent_again, the key of accounts, refusal_unsettled.
update accounts.account as a
set status = 'OPEN', impossible_since = null, impossible_reason = null
from accounts.refusal as s
where
  s.sent_again_in = :file_no
  and s.status = 'ACCEPTED'
  and a.person_id = s.person_id
  and a.account_id = s.account_id
  and a.status = 'IMPOSSIBLE'
  and a.impossible_reason <> 'EXISTING_RECORD LOCKED'
  and not exists (
    select from accounts.refusal as other
    where other.person_id = a.person_id and other.account_id = a.account_id and other.status in ('WAITS', 'SENT_AGAIN')
  )
