-- How many documents of a feed were received since its last resumption, :since at the earliest, and how many failed. Grain: the feed.
-- Index: quality_of_feed.
select
  coalesce(sum(q.documents), 0) as received,
  coalesce(sum(q.documents) filter (where q.is_failure), 0) as failures
from documents.quality as q
where
  q.feed_id = :feed_id
  and q.decided_at > greatest(
    cast(:since as timestamptz),
    (select max(s.lifted_at) from documents.suspension as s where s.feed_id = :feed_id and s.part = 'FEED')
  )
