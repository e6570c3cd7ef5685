-- Deliveries that wait for a person's decision.
select
  folder,
  as_of,
  counts
from registry.delivery
where status = 'WAITING' and decided_by is null
order by delivery_id
