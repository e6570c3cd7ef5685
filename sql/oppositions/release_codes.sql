-- Forgets the wrong tries of people, on every channel: their codes are accepted again. Each is audited with who asked for it.
-- Grain: one person, given as parallel arrays with the line that asked. Idempotency: the file's unit of work. Index: primary keys.
with released as (
  update oppositions.failure
  set failures = 0
  where person_id = any(cast(:person_ids as bigint[])) and campaign_id = :campaign_id
)

insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason, detail)
select
  r.person_id,
  r.work_id,
  platform.current_instant(),
  'code',
  'RELEASED',
  'AGENT',
  jsonb_strip_nulls(jsonb_build_object('campaign', cast(:campaign_id as integer), 'channel', r.channel, 'agent', r.agent, 'body', r.body))
from unnest(cast(:lines as integer[])) as given (line)
inner join oppositions.request as r on given.line = r.line and r.work_id = :work_id
