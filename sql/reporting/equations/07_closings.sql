-- title: People who asked for a closing after their opening = accounts closed, or waiting for the next opening run
-- Violations: an account closed without a request, or opened in time of an opposition and still open a day later.
select
  (select count(distinct person_id) from oppositions.request where outcome = 'CLOSING') as left_hand,
  count(*) filter (where a.status = 'CLOSED')
  + count(*) filter (where a.status = 'OPEN' and r.person_id is not null) as right_hand,
  count(*) filter (where a.status = 'CLOSED' and r.person_id is null) as violations
from accounts.account as a
left join (select distinct person_id from oppositions.request where outcome = 'CLOSING') as r on a.person_id = r.person_id
