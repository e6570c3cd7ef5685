-- The highest number given to a correction of a body and reference date. Index: none; the table has one row a delivery.
select coalesce(max(cast(substring(folder from '-correction-([0-9]+)$') as integer)), 0) as sequence
from registry.delivery
where body = :body and kind = 'correction' and reference_date = :reference_date
