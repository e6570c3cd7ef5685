-- Counts documents of a feed that were decided alike for the first time in this unit of work. Grain: one outcome, reason, age and software
-- of one unit of work. Idempotency: the caller's unit of work.
insert into documents.quality (work_id, feed_id, decided_at, outcome, code, is_failure, age, software, documents)
select
  :work_id,
  :feed_id,
  :as_of,
  cast(g.outcome as documents.outcome),
  g.code,
  g.is_failure,
  cast(g.age as documents.age),
  g.software,
  g.documents
from
  jsonb_to_recordset(cast(:counts as jsonb)) as g (
    outcome text, code text, is_failure boolean, age text, software text, documents integer
  )
