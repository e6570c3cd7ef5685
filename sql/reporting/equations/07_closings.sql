-- title: People who opposed after their opening = those whose space was closed since, or waits for the next opening run
-- Violations: a space closed by an opposition that nobody received; one whose holder opposed in time, and that stands after the run which
-- should have closed it. Where: body and department.
with asked as (
  select distinct person_id
  from oppositions.request
  where outcome = 'CLOSING'
),

answered as (
  select person_id
  from platform.audit
  where subject = 'account' and after = 'CLOSED'
  union
  select person_id
  from accounts.account
  where status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED')
),

counted as (
  select
    k.person_id,
    1 as left_hand,
    cast(n.person_id is not null as integer) as right_hand,
    0 as violations
  from asked as k
  left join answered as n on k.person_id = n.person_id
  union all
  select
    a.person_id,
    0,
    0,
    1
  from accounts.account as a
  where
    a.closing_reason not in ('REQUEST', 'DEATH', 'RIGHTS_END', 'SUSPENSION')
    and not exists (select from asked as q where q.person_id = a.person_id)
  union all
  select
    a.person_id,
    0,
    0,
    1
  from oppositions.request as q
  inner join platform.unit_of_work as w on q.work_id = w.work_id
  inner join accounts.account as a on q.person_id = a.person_id and a.status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED')
  where
    q.cause = 'IN_TIME_AFTER_OPENING'
    and accounts.still_closes(q.received_at, w.as_of, a.opened_on, a.asked_for_at)
    and exists (select from platform.unit_of_work as u where u.step = 'close_on_late_oppositions' and u.work_id > q.work_id)
),

placed as (
  select
    k.*,
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department
  from counted as k
  left join registry.contact as c on k.person_id = c.person_id
)

select
  body,
  department,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  coalesce(sum(violations), 0) as violations
from placed
group by grouping sets ((), (body, department))
having grouping(body) = 1 or sum(left_hand) <> sum(right_hand) or sum(violations) > 0
order by body nulls first, department
