-- Opens a unit of work, and tells the triggers of the state machines which one moves them. No row: it was already done.
-- Grain: one unit. Idempotency key: (step, unit). Index: the unique key.
with begun as (
  insert into platform.unit_of_work (step, unit, as_of, actor)
  values (:step, :unit, :as_of, :actor)
  on conflict (step, unit) do nothing
  returning work_id, as_of
)

select
  begun.work_id,
  set_config('espace_sante.work_id', begun.work_id::text, true) as for_triggers,
  set_config('espace_sante.as_of', begun.as_of::text, true) as instant
from begun
