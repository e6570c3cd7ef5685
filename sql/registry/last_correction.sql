-- What is known of a body before a correction is added: the highest number given to one for the date, and whether a later delivery
-- came. Index: one_delivery_a_body_and_date, for the later one; the table has one row a delivery.
select
  coalesce(max(cast(substring(folder from '-correction-([0-9]+)$') as integer)) filter (
    where kind = 'correction' and reference_date = :reference_date
  ), 0) as sequence,
  max(reference_date) filter (
    where status in ('LOADING', 'TAKEN_IN') and reference_date > :reference_date
  ) as later
from registry.delivery
where body = :body
