-- title: Lines of files of life events received = done + planned + refused
-- Violations: a file whose lines are not all answered.
select
  coalesce(sum(f.lines), 0) as left_hand,
  (select count(*) from lifecycle.request) as right_hand,
  count(*) filter (where f.lines <> (select count(*) from lifecycle.request as r where r.work_id = f.work_id)) as violations
from platform.inbound_file as f
where f.kind like 'life_events/%'
