-- Seals the rows of the trail that were recorded since the last seal: a link for each shard that has any, and the head of them all.
-- Grain: one seal. Idempotency: the caller's unit of work; two seals at once meet at the key. Index: audit_recorded, audit_link's key.
with before as (
  select
    coalesce(max(s.seal_no), 0) as seal_no,
    coalesce(max(s.up_to), 0) as up_to
  from platform.audit_seal as s
),

span as (
  select
    b.seal_no + 1 as seal_no,
    b.up_to as after,
    platform.settled() as up_to,
    coalesce((select s.head from platform.audit_seal as s where s.seal_no = b.seal_no), '') as head_before
  from before as b
),

chained as (
  select
    s.seal_no,
    d.shard,
    d.rows,
    platform.audit_chained(d.shard, s.seal_no, d.content) as digest
  from span as s
  cross join lateral platform.audit_digests(s.after, s.up_to) as d
),

linked as (
  insert into platform.audit_link (shard, seal_no, rows, digest)
  select
    shard,
    seal_no,
    rows,
    digest
  from chained
),

sealed as (
  insert into platform.audit_seal (seal_no, work_id, sealed_on, after, up_to, head)
  select
    s.seal_no,
    :work_id,
    :day,
    s.after,
    s.up_to,
    platform.audit_head(s.head_before, (select array_agg(c.digest order by c.shard) from chained as c))
  from span as s
)

select
  s.seal_no,
  (select count(*) from chained) as links,
  (select coalesce(sum(c.rows), 0) from chained as c) as rows
from span as s
