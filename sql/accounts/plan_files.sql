-- Plans the files of a round: for each system and range of people its events, and what the system refused before, which is then SENT_AGAIN.
-- Grain: one file. Idempotency: the unit of work; a range has one file of a round and system. Index: event_recorded, refusal_unsettled.
with fresh as (
  select
    person_id / :shard_size as shard,
    count(*) as records
  from accounts.event
  where recorded_in > :after and recorded_in <= :up_to
  group by person_id / :shard_size
),

refused as (
  select
    f.system,
    s.file_no,
    s.line,
    s.person_id / :shard_size as shard
  from accounts.refusal as s
  inner join accounts.outbound_file as f on s.file_no = f.file_no
  where s.status = 'WAITS'
),

due as (
  select
    named.system,
    fresh.shard,
    fresh.records
  from fresh
  cross join unnest(cast(:systems as text[])) as named (system)
  union all
  select
    system,
    shard,
    count(*) as records
  from refused
  group by system, shard
),

files as (
  insert into accounts.outbound_file (round_no, system, first_id, last_id, records)
  select
    :round_no,
    system,
    shard * :shard_size,
    (shard + 1) * :shard_size - 1,
    sum(records)
  from due
  group by system, shard
  order by shard, system
  returning file_no, system, first_id, records
),

sent_again as (
  update accounts.refusal as s
  set status = 'SENT_AGAIN', sent_again_in = f.file_no
  from refused as r
  inner join files as f on r.system = f.system and r.shard * :shard_size = f.first_id
  where s.file_no = r.file_no and s.line = r.line
)

select
  count(*) as files,
  coalesce(sum(records), 0)::bigint as records
from files
