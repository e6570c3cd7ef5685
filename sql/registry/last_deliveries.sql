-- What a body delivered since its last full delivery, and on the same reference date, in the order in which it was taken in. One that
-- was abandoned half in is among them, without digests: what comes next is compared with the registry itself.
-- Grain: one delivery. Index: one_delivery_a_body_and_date, the ledger's unique key.
with base as (
  select coalesce(max(reference_date), '-infinity') as reference_date
  from registry.delivery
  where body = :body and kind = 'full' and status = 'TAKEN_IN'
)

select
  d.status,
  d.kind,
  d.reference_date,
  d.digests,
  d.counts
from registry.delivery as d
inner join base as b on d.reference_date >= b.reference_date
inner join platform.unit_of_work as u on u.step = 'settle' and u.unit = d.folder || '/' || d.manifest_sha256
where d.body = :body and d.status in ('TAKEN_IN', 'ABANDONED')
order by u.work_id
