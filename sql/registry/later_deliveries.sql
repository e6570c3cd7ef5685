-- What a body delivered for a later day than the given one, oldest first. Grain: one delivery. Index: none; the table has one row a
-- delivery.
select
  folder,
  kind,
  status,
  reference_date,
  digests
from registry.delivery
where body = :body and reference_date > :reference_date and status in ('LOADING', 'TAKEN_IN', 'ABANDONED')
order by reference_date, delivery_id
