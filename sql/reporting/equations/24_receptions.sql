-- title: Documents received = stored + duplicates + refused + parked
-- Violations: a file whose documents have not one outcome each, a document said to be stored that was given no number, one that waits and
-- that no settling would look at. Where: the feed.
with counted as (
  select
    d.feed_id,
    d.documents as left_hand,
    (select count(*) from documents.reception as r where r.delivery_id = d.delivery_id) as right_hand
  from documents.delivery as d
),

astray as (
  select d.feed_id
  from documents.reception as r
  inner join documents.delivery as d on r.delivery_id = d.delivery_id
  where
    (r.outcome = 'STORED' and r.code is null and r.document_id is null)
    or (r.outcome = 'PARKED' and not exists (select from documents.parked as k where k.delivery_id = r.delivery_id))
),

told as (
  select
    feed_id,
    left_hand,
    right_hand,
    cast(left_hand <> right_hand as integer) as violations
  from counted
  union all
  select
    feed_id,
    0,
    0,
    1
  from astray
)

select
  f.name as feed,
  coalesce(sum(t.left_hand), 0) as left_hand,
  coalesce(sum(t.right_hand), 0) as right_hand,
  coalesce(sum(t.violations), 0) as violations
from told as t
inner join documents.feed as f on t.feed_id = f.feed_id
group by grouping sets ((), (f.name))
having grouping(f.name) = 1 or sum(t.left_hand) <> sum(t.right_hand) or sum(t.violations) > 0
order by f.name nulls first
