-- The shards in which archives are over, destructions were asked for or batches are unfinished: what the mapped tasks of a purge are.
-- Grain: one shard. Index: account_archive, deletion_due, destruction_unfinished.
select distinct shard
from (
  select (person_id / :shard_size) as shard
  from accounts.account
  where status = 'CLOSED' and archived_until < :day
  union all
  select (d.person_id / :shard_size) as shard
  from lifecycle.deletion as d
  inner join accounts.account as a on d.person_id = a.person_id and d.account_id = a.account_id and a.status = 'CLOSED'
  where d.revoked_by is null and d.asked_on + least(cast(:deletion_after_days as integer), d.due_on - d.asked_on) <= cast(:day as date)
  union all
  select (first_id / :shard_size) as shard
  from lifecycle.destruction
  where not is_certified
) as due
order by shard
