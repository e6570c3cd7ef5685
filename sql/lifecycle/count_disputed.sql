-- How many archives of a range of people would be over by the date of the space and are not by that of the audit trail: left alone.
-- Index: account_archive, then the audit's primary key.
select count(*) as archives
from accounts.account as a
where
  a.status = 'CLOSED' and a.archived_until < :day and a.person_id between :first_id and :last_id
  and (accounts.archive_end(lifecycle.day_by_trail(a.person_id, a.account_id, 'CLOSED'), :archive_years) < :day) is not true
