-- Takes files for this unit of work that came again after all in them was refused and nothing kept: those of which another one has taken
-- something in meanwhile, or keeps the file, are not returned. Grain: one file. Index: the keys of delivery, reception and quarantined.
select d.delivery_id
from documents.delivery as d
where
  d.delivery_id = any(cast(:delivery_ids as uuid[]))
  and not exists (select from documents.reception as r where r.delivery_id = d.delivery_id and r.outcome <> 'REFUSED')
  and not exists (select from documents.quarantined as q where q.delivery_id = d.delivery_id and q.is_held)
order by d.delivery_id
for update of d
