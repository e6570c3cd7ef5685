-- Closes a question about identity, and every other open one about the same two people. Grain: one doubt, and one audit row a person.
-- Idempotency: only an OPEN doubt is decided. Index: the primary key, doubt_open_other.
with decided as (
  update registry.doubt
  set
    status = case when :same then 'SAME' else 'DIFFERENT' end,
    decided_by = :decided_by,
    decided_at = platform.current_instant(),
    decision_reason = :reason
  where
    status = 'OPEN'
    and (
      doubt_id = :doubt_id
      or (person_id = cast(:person_id as bigint) and other_id = cast(:other_id as bigint))
      or (person_id = cast(:other_id as bigint) and other_id = cast(:person_id as bigint))
    )
  returning doubt_id, kind, person_id, other_id, status
),

about as (
  select
    doubt_id,
    kind,
    status,
    person_id,
    other_id
  from decided
  union all
  select
    doubt_id,
    kind,
    status,
    other_id,
    person_id
  from decided
  where other_id is not null
),

noted as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select distinct
    a.person_id,
    'IDENTITY_SETTLED',
    cast(platform.current_instant() at time zone 'Europe/Paris' as date),
    platform.current_work()
  from about as a
  inner join registry.person as p on a.person_id = p.person_id
  on conflict do nothing
),

told as (
  insert into platform.audit (person_id, work_id, occurred_at, subject, before, after, reason, detail)
  select
    person_id,
    platform.current_work(),
    platform.current_instant(),
    'identity',
    'OPEN',
    status,
    :reason,
    jsonb_strip_nulls(jsonb_build_object('doubt', doubt_id, 'kind', kind, 'other_person', other_id))
  from about
  order by doubt_id, person_id
)

select count(*) as decided
from decided
