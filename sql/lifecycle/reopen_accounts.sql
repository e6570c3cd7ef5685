-- Opens archived spaces again, in place: all that was archived is there. An express deletion that was asked for is revoked.
-- Grain: one space, its person given in an array. Idempotency: only a CLOSED space moves, so that what is condemned or destroyed never
-- comes back. Index: the accounts' primary key. Source: CSP R1111-36 (archived data are transferred to the new space).
with reopened as (
  update accounts.account
  set status = 'OPEN', closed_on = null, closing_reason = null, archived_until = null, reopened_by = :work_id
  where person_id = any(cast(:person_ids as bigint[])) and status = 'CLOSED'
  returning person_id, account_id
)

update lifecycle.deletion as d
set revoked_by = :work_id
from reopened as r
where d.person_id = r.person_id and d.account_id = r.account_id and d.revoked_by is null
