-- Takes parked files for this unit of work: those that another one has settled meanwhile are not returned. Grain: one document that waits.
-- Index: parked's key.
select k.delivery_id
from documents.parked as k
where k.delivery_id = any(cast(:delivery_ids as uuid[]))
order by k.delivery_id, k.place
for update of k
