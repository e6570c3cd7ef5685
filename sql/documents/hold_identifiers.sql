-- Keeps everybody else from deciding on documents of these ids and series before this transaction ends, through one of 2^20 locks for
-- each. A transaction with many takes whole groups of them instead (64, numbered below 0; whoever takes single ones shares their groups),
-- so that a file of any size takes few. Taken in ascending order: two transactions never wait for each other.
with wanted as (
  select distinct cast(documents.id_key(g.id) & 1048575 as integer) as lock_no
  from unnest(cast(:ids as text[])) as g (id)
),

sized as (
  select
    lock_no,
    count(*) over () > 512 as are_many
  from wanted
)

select
  count(
    case
      when t.is_shared then cast(pg_advisory_xact_lock_shared(9, t.lock_no) as text)
      else cast(pg_advisory_xact_lock(9, t.lock_no) as text)
    end
  ) as held
from (
  select distinct
    -1 - (s.lock_no & 63) as lock_no,
    not s.are_many as is_shared
  from sized as s
  union all
  select
    s.lock_no,
    false as is_shared
  from sized as s
  where not s.are_many
  order by 1
) as t
