-- Notes what came before the document that it replaces, deletes or hides. Grain: one document at its place in its file. Idempotency
-- key: the same.
insert into documents.parked (delivery_id, place, feed_id, waits_for, parked_at)
select
  g.delivery_id,
  g.place,
  :feed_id,
  g.waits_for,
  :as_of
from unnest(cast(:delivery_ids as uuid[]), cast(:places as integer[]), cast(:waits_for as text[])) as g (delivery_id, place, waits_for)
on conflict do nothing
