-- Opens archived spaces again, in place: all that was archived is there. One that a death closed while it was suspended is SUSPENDED again;
-- one that was IMPOSSIBLE takes its existing record over, or waits for it where it is locked still. An express deletion that was asked for
-- is revoked, and what the store retains is to be looked at anew after the next closing.
-- Grain: one space, its person given in an array. Idempotency: only a CLOSED space moves, so that what is condemned or destroyed never
-- comes back. Index: primary keys. Source: CSP R1111-36 (archived data are transferred to the new space).
with archived as (
  select
    a.person_id,
    a.account_id,
    r.record_no,
    case
      when a.closing_reason = 'DEATH' and f.status = 'SUSPENDED' then 'SUSPENDED'
      when f.status = 'IMPOSSIBLE' and a.record_no is null and r.state = 'LOCKED' then 'IMPOSSIBLE'
      else 'OPEN'
    end as status,
    f.status = 'IMPOSSIBLE' and a.record_no is null and r.state = 'ACTIVE' as takes_over
  from accounts.account as a
  cross join lateral (select lifecycle.closed_from(a.person_id, a.account_id) as status) as f
  left join accounts.existing_record as r on a.person_id = r.person_id
  where a.person_id = any(cast(:person_ids as bigint[])) and a.status = 'CLOSED'
  order by a.person_id
  for update of a
),

reopened as (
  update accounts.account as a
  set
    status = k.status,
    impossible_since = case when k.status = 'IMPOSSIBLE' then cast(:day as date) end,
    impossible_reason = case when k.status = 'IMPOSSIBLE' then 'EXISTING_RECORD LOCKED' end,
    record_no = case when k.takes_over then k.record_no else a.record_no end,
    closed_on = null,
    closing_reason = null,
    archived_until = null,
    retained_until = null
  from archived as k
  where a.person_id = k.person_id and a.account_id = k.account_id
  returning a.person_id, a.account_id
)

update lifecycle.deletion as d
set revoked_by = :work_id
from reopened as r
where d.person_id = r.person_id and d.account_id = r.account_id and d.revoked_by is null
