-- The batches of a range of people that were condemned and are not certified: what a run that was killed left. Grain: one batch.
-- Index: destruction_unfinished.
select
  batch_id,
  rule,
  destroyed_on
from lifecycle.destruction
where not is_certified and first_id between :first_id and :last_id
order by batch_id
