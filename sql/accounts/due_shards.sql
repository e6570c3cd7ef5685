-- The shards in which a window has ended: what the mapped tasks of an opening run are. Index: journey_window.
select
  (person_id / :shard_size) as shard,
  count(*) as people
from campaign.journey
where status = 'NOTIFIED' and last_day < :due_before
group by person_id / :shard_size
order by shard
