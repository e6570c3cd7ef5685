-- Deliveries of the registry that began to load before :before and have not ended: no later one of their body is taken in.
-- Grain: one delivery. Index: none; the table has one row a delivery.
select
  folder as place,
  cast(counts ->> 'received' as bigint) as things,
  as_of as since
from registry.delivery
where status = 'LOADING' and as_of < :before
order by as_of, folder
