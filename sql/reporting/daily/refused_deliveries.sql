-- The deliveries refused whole, or abandoned half in, from :first_day to :last_day, with the sentence that their sender read.
-- Grain: one delivery.
-- Index: none; the table has one row a delivery.
select
  folder,
  refusal,
  decided_by,
  cast(as_of at time zone 'Europe/Paris' as date) as day
from registry.delivery
where status in ('REFUSED', 'ABANDONED') and cast(as_of at time zone 'Europe/Paris' as date) between :first_day and :last_day
order by as_of desc, folder asc
