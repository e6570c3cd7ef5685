-- What a body delivered last: its last full delivery taken in, then the deltas and corrections since, oldest first.
-- Grain: one delivery. Index: one_delivery_a_body_and_date.
with base as (
  select coalesce(max(reference_date), '-infinity') as reference_date
  from registry.delivery
  where body = :body and kind = 'full' and status = 'TAKEN_IN'
)

select
  d.kind,
  d.reference_date,
  d.digests,
  d.counts
from registry.delivery as d
inner join base as b on d.reference_date >= b.reference_date
where d.body = :body and d.status = 'TAKEN_IN'
order by d.kind = 'full' desc, d.reference_date asc, d.delivery_id asc
