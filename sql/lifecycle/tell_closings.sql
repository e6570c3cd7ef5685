-- Sends those who asked for a closing its receipt, once a person and day. Grain: one line of a file, given in an array.
-- Idempotency: the message's key. Index: the requests' primary key, then the accounts'.
insert into notices.message (person_id, campaign_id, subject, happened_on, receipt, kept_until, work_id)
select
  r.person_id,
  a.campaign_id,
  'closing_receipt',
  a.closed_on,
  r.receipt,
  a.archived_until,
  r.work_id
from unnest(cast(:lines as integer[])) as given (line)
inner join lifecycle.request as r on given.line = r.line and r.work_id = :work_id
inner join accounts.account as a on r.person_id = a.person_id and r.account_id = a.account_id
where a.status = 'CLOSED'
on conflict do nothing
