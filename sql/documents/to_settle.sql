-- The parked files of a feed that can be decided: an original that they wait for has come, or has had its time. Grain: one file.
-- Index: parked's key, then document_unique_id.
select
  k.delivery_id,
  bool_or(k.parked_at <= :since) as is_overdue
from documents.parked as k
where
  k.feed_id = :feed_id
  and (
    k.parked_at <= :since
    or exists (
      select from documents.document as d
      where documents.id_key(d.unique_id) = documents.id_key(k.waits_for) and d.unique_id = k.waits_for
    )
  )
group by k.delivery_id
