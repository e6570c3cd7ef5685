-- Suspends open spaces: neither read nor fed until the suspension is lifted or the space closed. Grain: one space, given by its person in
-- an array with the motive. Idempotency: only an OPEN space moves. Index: the accounts' primary key. Source: CSP R1111-36.
with given as (
  select
    person_id,
    motive
  from unnest(cast(:person_ids as bigint[]), cast(:motives as text[])) as given (person_id, motive)
),

suspended as (
  update accounts.account as a
  set status = 'SUSPENDED'
  from given as g
  where a.person_id = g.person_id and a.status = 'OPEN'
  returning a.person_id, a.account_id, g.motive
)

insert into lifecycle.suspension (person_id, account_id, suspended_by, motive)
select
  person_id,
  account_id,
  :work_id,
  motive
from suspended
