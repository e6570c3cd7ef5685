-- The quarantines whose time is over, oldest first, those of `most` deliveries (all where null); deletes their rows where `deletes` says
-- so, and notes that they are gone. A delivery that is not settled, or put an identity in doubt that waits for a person, keeps its own.
-- Grain: one delivery; `due` counts rows. Idempotency: a delivery without quarantine is not due. Index: primary keys; one row a delivery.
with over as (
  select d.delivery_id
  from registry.delivery as d
  where
    d.as_of < :before
    and d.status in ('TAKEN_IN', 'REFUSED', 'ABANDONED')
    and exists (select from registry.quarantine as q where q.delivery_id = d.delivery_id)
    and not exists (select from registry.doubt as o where o.status = 'OPEN' and starts_with(o.subject, d.folder || '/'))
  order by d.delivery_id
  limit cast(:most as bigint)
),

noted as (
  update registry.delivery as d
  set is_quarantine_deleted = true
  from over as o
  where d.delivery_id = o.delivery_id and :deletes
),

gone as (
  delete from registry.quarantine as q
  using over as o
  where q.delivery_id = o.delivery_id and :deletes
)

select count(*) as due
from registry.quarantine as q
inner join over as o on q.delivery_id = o.delivery_id
