-- Versions that wait for the ones which they replace since before :before. Grain: one feed. Index: parked's key.
select
  f.name as place,
  count(*) as things,
  min(k.parked_at) as since
from documents.parked as k
inner join documents.feed as f on k.feed_id = f.feed_id
where k.parked_at < :before
group by f.name
order by f.name
