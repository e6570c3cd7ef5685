-- Keeps who asks to go on in spite of a finding that stands, and why. Grain: one request. Idempotency: the caller's unit of work.
insert into platform.finding_override (work_id, finding_id, asked_by, reason)
select
  :work_id,
  finding_id,
  :asked_by,
  :reason
from platform.finding
where finding_id = :finding_id and settled_at is null
