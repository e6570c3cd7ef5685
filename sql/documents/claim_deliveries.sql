-- Takes files for this unit of work: those that another one has taken are not returned, and stay as they were decided.
-- Grain: one file. Idempotency key: the delivery's id.
insert into documents.delivery (delivery_id, work_id, feed_id, documents)
select
  g.delivery_id,
  :work_id,
  :feed_id,
  g.documents
from unnest(cast(:delivery_ids as uuid[]), cast(:documents as integer[])) as g (delivery_id, documents)
order by g.delivery_id
on conflict do nothing
returning delivery_id
