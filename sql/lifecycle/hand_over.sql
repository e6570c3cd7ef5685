-- Gives spaces to whoever manages them now: a representative, or nobody but the person; audits each change. Grain: one space, given by its
-- person in parallel arrays. Idempotency: only a space that somebody else managed is touched. Index: the accounts' primary key.
with given as (
  select
    person_id,
    manager_id
  from unnest(cast(:person_ids as bigint[]), cast(:managers as bigint[])) as given (person_id, manager_id)
),

handed_over as (
  update accounts.account as a
  set managed_by = g.manager_id
  from given as g
  where
    a.person_id = g.person_id and a.status in ('OPEN', 'SUSPENDED', 'IMPOSSIBLE')
    and a.managed_by is distinct from g.manager_id
  returning a.person_id, a.account_id, a.managed_by
)

insert into platform.audit (person_id, work_id, occurred_at, subject, after, detail)
select
  person_id,
  platform.current_work(),
  platform.current_instant(),
  'manager',
  case when managed_by is null then 'PERSON' else 'REPRESENTATIVE' end,
  jsonb_build_object('account', account_id)
from handed_over
