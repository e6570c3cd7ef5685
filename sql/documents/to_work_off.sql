-- The files of a feed's quarantine with which something is to be done: what somebody wished, and when (`wished_in`); those that were held
-- before :before are overdue. Grain: one file. Index: quarantined_of_feed.
select
  q.delivery_id,
  q.wish,
  q.wished_in,
  q.held_at <= :before as is_overdue
from documents.quarantined as q
where q.feed_id = :feed_id and (q.wish is not null or q.held_at <= :before)
order by q.held_at, q.delivery_id
