-- Closes a doubt about a death. A line is about one person: SAME closes the other doubts of that line as DIFFERENT. Grain: one doubt.
-- Idempotency: only an OPEN doubt is decided. Index: the primary key, doubt_open.
with chosen as (
  select
    work_id,
    subject
  from registry.doubt
  where doubt_id = :doubt_id and kind = 'DEATH' and status = 'OPEN'
),

decided as (
  update registry.doubt as d
  set
    status = case when d.doubt_id = :doubt_id and :same then 'SAME' else 'DIFFERENT' end,
    decided_by = :decided_by,
    decided_at = platform.current_instant(),
    decision_reason = :reason
  from chosen as c
  where
    d.kind = 'DEATH' and d.status = 'OPEN'
    and (d.doubt_id = :doubt_id or (:same and d.work_id = c.work_id and d.subject = c.subject))
  returning d.doubt_id, d.person_id, d.status
)

insert into platform.audit (person_id, work_id, occurred_at, subject, before, after, reason, detail)
select
  person_id,
  platform.current_work(),
  platform.current_instant(),
  'death report',
  'OPEN',
  status,
  :reason,
  jsonb_build_object('doubt', doubt_id)
from decided
