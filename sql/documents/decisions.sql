-- What was decided on files, document by document, when they were decided for the first time, and whether they are in the quarantine.
-- Grain: one document. Index: the keys of delivery, reception and quarantined.
select
  d.delivery_id,
  u.as_of as decided_at,
  r.place,
  r.outcome,
  r.code,
  coalesce(q.is_held, false) as is_held
from unnest(cast(:delivery_ids as uuid[])) as g (delivery_id)
inner join documents.delivery as d on g.delivery_id = d.delivery_id
inner join platform.unit_of_work as u on d.work_id = u.work_id
inner join documents.reception as r on d.delivery_id = r.delivery_id
left join documents.quarantined as q on d.delivery_id = q.delivery_id
order by d.delivery_id, r.place
