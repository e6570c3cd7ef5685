-- What people were called before a correction, once its time is over, `most` rows (all where null); deletes them where `deletes` says so.
-- A lot that was gathered before the correction, and may still be made again, keeps it. Grain: one row. Idempotency: a row goes once.
-- Index: former_identity_corrected; the ledger's primary key; lots that are out are few.
with over as materialized (
  select
    f.person_id,
    f.work_id
  from registry.former_identity as f
  inner join platform.unit_of_work as w on f.work_id = w.work_id
  where
    w.as_of < :before
    and not exists (
      select from notices.print_lot as l
      where l.work_id < f.work_id and l.status in ('PLANNED', 'HANDED_OVER', 'ACCEPTED', 'REFUSED', 'PRINTED')
    )
  order by f.work_id, f.person_id
  limit cast(:most as bigint)
),

gone as (
  delete from registry.former_identity as f
  using over as o
  where f.person_id = o.person_id and f.work_id = o.work_id and :deletes
)

select count(*) as due
from over
