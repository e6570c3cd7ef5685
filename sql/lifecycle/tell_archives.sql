-- Tells people whose space was closed on a day without their asking until when it is archived. Grain: one space, its person given in an
-- array. Idempotency: the message's key. Index: the accounts' primary key.
insert into notices.message (person_id, campaign_id, subject, happened_on, kept_until, work_id)
select
  person_id,
  campaign_id,
  'archive',
  closed_on,
  archived_until,
  :work_id
from accounts.account
where
  person_id = any(cast(:person_ids as bigint[])) and status = 'CLOSED' and closed_on = :day and closing_reason = :reason
on conflict do nothing
