-- The shards in which a space is archived whose documents the object store does not retain yet, or not long enough: mapped tasks.
-- Grain: one shard. Index: account_to_retain.
select
  (person_id / :shard_size) as shard,
  count(*) as accounts
from accounts.account
where status = 'CLOSED' and retained_until is distinct from archived_until
group by person_id / :shard_size
order by shard
