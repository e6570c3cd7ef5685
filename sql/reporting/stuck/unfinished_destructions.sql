-- Batches of spaces that were condemned before :before and are not destroyed, or have no certificate. Grain: one rule.
-- Index: destruction_unfinished.
select
  b.rule as place,
  sum(b.accounts) as things,
  min(u.as_of) as since
from lifecycle.destruction as b
inner join platform.unit_of_work as u on b.batch_id = u.work_id
where not b.is_certified and u.as_of < :before
group by b.rule
order by b.rule
