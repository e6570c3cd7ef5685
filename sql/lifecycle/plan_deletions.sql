-- Keeps that people asked for the destruction of their archived data, and audits it: the second date on which a destruction rests.
-- Grain: one space, given by the line that asks. Idempotency: the file's unit of work. Index: primary keys.
-- Source: CSP R1111-36 (express deletion within three months).
with asked as (
  select
    r.person_id,
    r.account_id,
    r.due_on
  from unnest(cast(:lines as integer[])) as given (line)
  inner join lifecycle.request as r on given.line = r.line and r.work_id = :work_id
),

kept as (
  insert into lifecycle.deletion (person_id, account_id, asked_on, due_on, asked_by)
  select
    person_id,
    account_id,
    :day,
    due_on,
    :work_id
  from asked
  on conflict (person_id, account_id) do update
    set asked_on = excluded.asked_on, due_on = excluded.due_on, asked_by = excluded.asked_by, revoked_by = null
)

insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason, detail)
select
  person_id,
  platform.current_work(),
  platform.current_instant(),
  'account',
  'DELETION_ASKED',
  'REQUEST',
  jsonb_build_object('account', account_id, 'due_on', due_on)
from asked
