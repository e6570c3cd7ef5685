-- Records deaths of the civil register: the report, the person, the fact, the audit trail. Grain: one person, given as parallel
-- arrays. Idempotency key: (person_id, died_on). Index: primary keys. What a body delivered stays; another date of the civil
-- register, which only a person's decision brings, takes the place of the one before.
with given as (
  select
    person_id,
    died_on
  from unnest(cast(:person_ids as bigint[]), cast(:died_ons as date[])) as given (person_id, died_on)
),

replaced as (
  update registry.civil_death as c
  set reversed_by = :recorded_by, reversal_reason = :reason
  from given as g
  where c.person_id = g.person_id and c.died_on <> g.died_on and c.reversed_by is null
  returning c.person_id, c.died_on
),

recorded as (
  insert into registry.civil_death (person_id, died_on, work_id)
  select
    person_id,
    died_on,
    :work_id
  from given
  order by person_id
  on conflict (person_id, died_on) do update
    set work_id = excluded.work_id, reversed_by = null, reversal_reason = null
  returning person_id, died_on
),

dead as (
  update registry.person as p
  set died_on = r.died_on
  from recorded as r
  left join replaced as o on r.person_id = o.person_id
  where p.person_id = r.person_id and (p.died_on is null or p.died_on = o.died_on)
),

fact as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select
    person_id,
    'DIED',
    died_on,
    :work_id
  from recorded
  on conflict (person_id, kind, happened_on) do nothing
)

insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason, detail)
select
  person_id,
  platform.current_work(),
  platform.current_instant(),
  'death',
  'RECORDED',
  :reason,
  jsonb_build_object('died_on', died_on)
from recorded
