-- A delivery that was interrupted and cannot be finished: what is in stays, and counts for this delivery. Grain: one delivery.
-- Idempotency: only one that is LOADING. Index: the primary key, the ledger's unique key.
with loaded as (
  select
    coalesce(sum(cast(counts ->> 'newcomers' as bigint)), 0) as newcomers,
    coalesce(sum(cast(counts ->> 'changed' as bigint)), 0) as changed
  from platform.unit_of_work
  where step = 'take_in_portion' and unit = any(cast(:units as text[]))
)

update registry.delivery as d
set
  status = 'ABANDONED',
  refusal = :refusal,
  decided_by = :decided_by,
  decision_reason = :reason,
  counts = d.counts || jsonb_build_object('newcomers', l.newcomers, 'changed', l.changed)
from loaded as l
where d.delivery_id = :delivery_id and d.status = 'LOADING'
