-- Whether what no seal covers yet waits since more than two days before the newest unit of work, and whether a row stands where none can
-- be: after all transactions that began. Index: audit_recorded, the ledger's primary key.
select
  coalesce(
    min(a.recorded_at) < (select max(u.started_at) from platform.unit_of_work as u where u.work_id >= max(a.work_id)) - interval '2 days',
    false
  ) as waits_long,
  coalesce(max(a.recorded_in) > pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false) as is_ahead
from platform.audit as a
where a.recorded_in > (select coalesce(max(s.up_to), 0) from platform.audit_seal as s)
