-- What feeds sent from a legal day on (:since), of one feed (:feed) or of all (null): counts by legal day, outcome, reason, age and
-- software. Grain: these. Index: quality_of_feed.
select
  f.name as feed,
  cast(q.decided_at at time zone 'Europe/Paris' as date) as day,
  cast(q.outcome as text) as outcome,
  q.code,
  q.is_failure,
  cast(q.age as text) as age,
  q.software,
  cast(sum(q.documents) as bigint) as documents
from documents.feed as f
inner join documents.quality as q on f.feed_id = q.feed_id
where
  (cast(:feed as text) is null or f.name = :feed)
  and q.decided_at >= cast(cast(:since as date) as timestamp) at time zone 'Europe/Paris'
  and q.decided_at <= :as_of
group by f.name, day, q.outcome, q.code, q.is_failure, q.age, q.software
order by f.name, day, outcome, q.code, age, q.software
