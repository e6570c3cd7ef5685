-- Files of the quarantine, the oldest first: those of a feed (:feed, null for all), with a refused document for a reason (:code, null for
-- all), held before :before, or only some (:delivery_ids, null for all); :most of them at most (null for all). Grain: one file.
-- Index: the keys of quarantined, delivery and reception.
select
  h.delivery_id,
  h.feed,
  h.held_at,
  h.wish,
  h.codes,
  h.documents
from documents.held_file as h
where
  (cast(:feed as text) is null or h.feed = :feed)
  and (cast(:code as text) is null or :code = any(h.codes))
  and h.held_at < :before
  and (cast(:delivery_ids as uuid[]) is null or h.delivery_id = any(cast(:delivery_ids as uuid[])))
order by h.held_at, h.delivery_id
limit :most
