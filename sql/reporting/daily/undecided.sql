-- The deliveries that wait for a person's decision, oldest first. Grain: one folder. Index: none; the table has one row a delivery.
select
  folder,
  cast(counts ->> 'received' as bigint) as received,
  cast(counts ->> 'quarantined' as bigint) as bad,
  cast(as_of at time zone 'Europe/Paris' as date) as since
from (
  select distinct on (folder) *
  from registry.delivery
  order by folder asc, delivery_id desc
) as latest
where status = 'WAITING' and decided_by is null
order by as_of, folder
