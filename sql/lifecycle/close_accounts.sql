-- Closes the spaces of people: the archive begins. Grain: one space, its person given in an array. Idempotency: only a space that is
-- open, suspended or impossible closes. Index: the accounts' primary key. Source: CSP R1111-36 (closing at any time, archive of ten years).
update accounts.account
set
  status = 'CLOSED',
  impossible_since = null,
  impossible_reason = null,
  closed_on = :day,
  closing_reason = :reason,
  archived_until = accounts.archive_end(:day, :archive_years)
where person_id = any(cast(:person_ids as bigint[])) and status in ('OPEN', 'SUSPENDED', 'IMPOSSIBLE')
