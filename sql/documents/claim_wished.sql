-- Takes files of the quarantine for this unit of work, which somebody wished to be replayed: those that another one has decided on
-- meanwhile are not returned. Grain: one file. Index: quarantined's key.
select q.delivery_id
from documents.quarantined as q
where q.delivery_id = any(cast(:delivery_ids as uuid[])) and q.wish = 'REPLAY'
order by q.delivery_id
for update of q
