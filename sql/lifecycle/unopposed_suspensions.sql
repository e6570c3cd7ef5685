-- People whose suspended space is to be closed: the six weeks since they were told are over without an objection. Grain: one person.
-- Index: suspension_window, then primary keys. Source: CSP R1111-36.
select s.person_id
from lifecycle.suspension as s
inner join accounts.account as a on s.person_id = a.person_id and s.account_id = a.account_id and a.status = 'SUSPENDED'
where
  s.objected_at is null and s.last_day < :day
  and s.suspended_by = (
    select max(n.suspended_by) from lifecycle.suspension as n where n.person_id = s.person_id and n.account_id = s.account_id
  )
order by s.person_id
for update of a
