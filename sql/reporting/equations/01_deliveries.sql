-- title: Registry rows received = quarantined + people new, changed and unchanged
-- Violations: a delivery whose own figures differ from its quarantine. Grain: one delivery.
select
  coalesce(sum(d.rows_received), 0) as left_hand,
  coalesce(sum(d.rows_quarantined + d.persons_new + d.persons_changed + d.persons_unchanged), 0) as right_hand,
  count(*) filter (
    where d.rows_quarantined <> (select count(distinct row(q.file, q.line)) from registry.quarantine as q where q.work_id = d.work_id)
  ) as violations
from registry.delivery as d
