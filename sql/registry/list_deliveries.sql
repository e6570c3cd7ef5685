-- The latest deliveries, one a folder, with where they stand and their counts; those that wait for a person's decision come first.
-- Grain: one folder. Index: none serves it; the table has one row a delivery.
with latest as (
  select distinct on (folder)
    delivery_id,
    folder,
    status,
    refusal,
    decided_by,
    decision_reason,
    as_of,
    counts
  from registry.delivery
  order by folder asc, delivery_id desc
)

select
  delivery_id,
  folder,
  status,
  refusal,
  decided_by,
  decision_reason,
  as_of,
  counts,
  status = 'WAITING' and decided_by is null as awaits_decision
from latest
where not :waiting or (status = 'WAITING' and decided_by is null)
order by status = 'WAITING' and decided_by is null desc, delivery_id desc
limit :most
