-- Condemns the next archives of a range of people whose destruction was asked for so many days ago, or is to be done by now, by both dates:
-- that of the request kept, and that of the audit trail. What is held stays, what may be another person's, and the archive of who died
-- since. Grain: one space. Idempotency: only a CLOSED space moves. Index: deletion_due, then primary keys.
-- Source: CSP R1111-36 (express deletion, within three months).
with due as (
  select
    a.person_id,
    a.account_id
  from lifecycle.deletion as d
  inner join accounts.account as a on d.person_id = a.person_id and d.account_id = a.account_id and a.status = 'CLOSED'
  where
    d.revoked_by is null and d.asked_on + least(cast(:deletion_after_days as integer), d.due_on - d.asked_on) <= cast(:day as date)
    and a.person_id > :after_id and a.person_id between :first_id and :last_id
    and lifecycle.day_by_trail(a.person_id, a.account_id, 'DELETION_ASKED')
    + least(cast(:deletion_after_days as integer), d.due_on - d.asked_on) <= cast(:day as date)
    and not lifecycle.is_held(a.account_id)
    and not exists (select from registry.in_doubt as i where i.person_id = a.person_id)
    and exists (select from registry.person as p where p.person_id = a.person_id and p.died_on is null)
  order by a.person_id
  limit :most
  for update of a skip locked
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
    'EXPRESS',
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
