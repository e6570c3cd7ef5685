-- One person's journey, oldest first. Index: the audit's primary key (person_id, audit_id).
select
  a.occurred_at,
  a.subject,
  a.before,
  a.after,
  a.reason,
  a.detail,
  u.step,
  u.actor
from platform.audit as a
left join platform.unit_of_work as u on a.work_id = u.work_id
where a.person_id = :person_id
order by a.audit_id
