-- Whoever looks at a refused document is part of the journey of the person of whom it is, where that is known. Grain: one person.
-- Index: the key of reception.
insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason)
select distinct
  r.person_id,
  platform.current_work(),
  platform.current_instant(),
  'document',
  'CONSULTED',
  cast(:reason as text)
from documents.reception as r
where r.delivery_id = :delivery_id and r.person_id is not null
