-- Keeps on which day people were sent the information of their suspension: the six weeks run until `last_day`. Grain: one person, given as
-- parallel arrays. Idempotency: only a suspension that runs and was not told is touched. Index: primary keys. Source: CSP R1111-36.
update lifecycle.suspension as s
set told_on = g.told_on, last_day = g.last_day
from
  unnest(cast(:person_ids as bigint[]), cast(:told_ons as date[]), cast(:last_days as date[])) as g (person_id, told_on, last_day),
  accounts.account as a
where
  s.person_id = g.person_id and s.told_on is null
  and a.person_id = s.person_id and a.account_id = s.account_id and a.status = 'SUSPENDED'
  and s.suspended_by = (
    select max(n.suspended_by) from lifecycle.suspension as n where n.person_id = s.person_id and n.account_id = s.account_id
  )
