-- title: Registry rows received = quarantined + people new, changed and unchanged
-- Violations: a delivery whose own figures differ from its quarantine. Grain: one delivery.
select
  coalesce(sum(cast(d.counts ->> 'received' as bigint)), 0) as left_hand,
  coalesce(
    sum(
      cast(d.counts ->> 'quarantined' as bigint) + cast(d.counts ->> 'newcomers' as bigint)
      + cast(d.counts ->> 'changed' as bigint) + cast(d.counts ->> 'unchanged' as bigint)
    ), 0
  ) as right_hand,
  count(*) filter (
    where
    cast(d.counts ->> 'quarantined' as bigint)
    <> (select count(distinct row(q.file, q.line)) from registry.quarantine as q where q.delivery_id = d.delivery_id)
  ) as violations
from registry.delivery as d
where d.status = 'TAKEN_IN'
