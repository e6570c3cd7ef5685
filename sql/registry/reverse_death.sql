-- Takes a wrong report of the civil register back: the person lives. Grain: one person. Idempotency: only a report that stands is
-- reversed. Index: primary keys.
with reversed as (
  update registry.civil_death
  set reversed_by = :reversed_by, reversal_reason = :reason
  where person_id = :person_id and reversed_by is null
  returning person_id, died_on
),

alive as (
  update registry.person as p
  set died_on = null
  from reversed as r
  where p.person_id = r.person_id
),

fact as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select
    person_id,
    'DEATH_REVERSED',
    :day,
    :work_id
  from reversed
  on conflict (person_id, kind, happened_on) do nothing
)

insert into platform.audit (person_id, work_id, occurred_at, subject, before, after, reason, detail)
select
  person_id,
  platform.current_work(),
  platform.current_instant(),
  'death',
  'RECORDED',
  'REVERSED',
  :reason,
  jsonb_build_object('died_on', died_on)
from reversed
