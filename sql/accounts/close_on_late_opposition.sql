-- Closes the accounts of people whose proven request came after their opening. Grain: one account.
-- Idempotency: only an open account closes, and only by a request taken in since its opening.
-- Source: CSP R1111-36 (closing at any time, archive of ten years).
update accounts.account as a
set
  status = 'CLOSED',
  closed_on = :day,
  closing_reason = r.cause,
  archived_until = :archived_until
from (
  select distinct on (q.person_id)
    q.person_id,
    q.cause,
    u.as_of
  from oppositions.request as q
  inner join platform.unit_of_work as u on q.work_id = u.work_id
  where q.outcome = 'CLOSING'
  order by q.person_id asc, q.work_id desc, q.line desc
) as r
where a.person_id = r.person_id and a.status = 'OPEN' and (r.as_of at time zone 'Europe/Paris')::date >= a.opened_on
