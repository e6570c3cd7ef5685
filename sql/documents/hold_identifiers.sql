-- Keeps everybody else from deciding on documents of these ids before this transaction ends, through one of 4096 locks for each, so that
-- a file of any size takes no more than these. Taken in ascending order: two transactions never wait for each other.
select count(pg_advisory_xact_lock(9, lock_no)) as held
from (
  select distinct cast(documents.id_key(g.id) & 4095 as integer) as lock_no
  from unnest(cast(:ids as text[])) as g (id)
  order by lock_no
) as wanted
