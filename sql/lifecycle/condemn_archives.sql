-- Condemns the next archives of a range of people that are over, by both dates: that of the space, and that of the audit trail, which
-- nobody can change. What is held stays, and what may be another person's. Grain: one space. Idempotency: only a CLOSED space moves.
-- Index: account_archive, then the primary keys of the audit and the doubts. The rows are
-- locked for this one statement; who re-opens one at this moment is passed over. Source: CSP R1111-36.
with due as (
  select
    a.person_id,
    a.account_id
  from accounts.account as a
  where
    a.status = 'CLOSED' and a.archived_until < :day
    and a.person_id > :after_id and a.person_id between :first_id and :last_id
    and accounts.archive_end(lifecycle.day_by_trail(a.person_id, a.account_id, 'CLOSED'), :archive_years) < :day
    and not lifecycle.is_held(a.account_id)
    and not exists (select from registry.in_doubt as d where d.person_id = a.person_id)
  order by a.person_id
  limit :most
  for update skip locked
),

condemned as (
  update accounts.account as a
  set status = 'PURGING', condemned_by = :work_id
  from due as d
  where a.person_id = d.person_id and a.account_id = d.account_id
  returning a.person_id
),

counted as (
  select
    count(*) as accounts,
    max(person_id) as last_id
  from condemned
),

batch as (
  insert into lifecycle.destruction (batch_id, rule, condemned_on, first_id, last_id, accounts)
  select
    :work_id,
    'ARCHIVE_OVER',
    :day,
    :first_id,
    :last_id,
    accounts
  from counted
  where accounts > 0
)

select
  accounts,
  coalesce(last_id, :last_id) as last_id
from counted
