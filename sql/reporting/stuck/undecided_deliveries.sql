-- Deliveries of the registry that wait for a person's decision since before :before. Grain: one folder.
-- Index: none; the table has one row a delivery.
select
  folder as place,
  cast(counts ->> 'received' as bigint) as things,
  as_of as since
from (
  select distinct on (folder) *
  from registry.delivery
  order by folder asc, delivery_id desc
) as latest
where status = 'WAITING' and decided_by is null and as_of < :before
order by as_of, folder
