-- Keeps that people objected to the closing of their suspended space: it is not closed at the end of the six weeks. Grain: one person,
-- given as parallel arrays. Idempotency: only a suspension that runs and has no objection is touched. Index: primary keys.
-- Source: CSP R1111-36.
update lifecycle.suspension as s
set objected_at = g.received_at
from
  unnest(cast(:person_ids as bigint[]), cast(:received_ats as timestamptz[])) as g (person_id, received_at),
  accounts.account as a
where
  s.person_id = g.person_id and s.objected_at is null
  and a.person_id = s.person_id and a.account_id = s.account_id and a.status = 'SUSPENDED'
  and s.suspended_by = (
    select max(n.suspended_by) from lifecycle.suspension as n where n.person_id = s.person_id and n.account_id = s.account_id
  )
