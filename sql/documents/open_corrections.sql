-- Corrections of identities on which nobody has decided, the oldest first. Grain: one correction. Index: one_correction_a_document.
select
  c.work_id as request,
  c.delivery_id,
  c.place,
  c.person_id,
  c.asked_by,
  c.reason,
  u.as_of as asked_at
from documents.identity_correction as c
inner join platform.unit_of_work as u on c.work_id = u.work_id
where c.decided_by is null
order by c.work_id
