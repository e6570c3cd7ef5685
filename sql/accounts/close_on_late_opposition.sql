-- Closes the accounts of people whose proven request came after their opening, and has each person told. Grain: one account.
-- Idempotency: only an account that is not closed closes, and only by a request that counts against it (`accounts.still_closes`).
-- Source: CSP R1111-36 (closing at any time, archive of ten years).
with closed as (
  update accounts.account as a
  set
    status = 'CLOSED',
    impossible_since = null,
    impossible_reason = null,
    closed_on = :day,
    closing_reason = r.cause,
    archived_until = :archived_until
  from (
    select distinct on (q.person_id)
      q.person_id,
      q.received_at,
      q.cause,
      q.receipt,
      u.as_of
    from oppositions.request as q
    inner join platform.unit_of_work as u on q.work_id = u.work_id
    where q.outcome = 'CLOSING'
    order by q.person_id asc, q.received_at desc, q.work_id desc, q.line desc
  ) as r
  where
    a.person_id = r.person_id and a.status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED')
    and accounts.still_closes(r.received_at, r.as_of, a.opened_on, a.asked_for_at)
  returning a.person_id, a.campaign_id, r.receipt
),

told as (
  insert into notices.message (person_id, campaign_id, subject, happened_on, receipt, kept_until, work_id)
  select
    person_id,
    campaign_id,
    'closing_receipt',
    cast(:day as date),
    receipt,
    cast(:archived_until as date),
    cast(:work_id as bigint)
  from closed
  on conflict do nothing
)

select count(*) as closed
from closed
