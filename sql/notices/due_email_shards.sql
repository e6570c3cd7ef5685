-- The shards of e-mails that wait in approved waves: what the mapped tasks of a dispatch run are. Index: attempt_open.
select
  (a.person_id / :shard_size) as shard,
  count(*) as emails
from campaign.attempt as a
inner join campaign.wave_approved_with(:content) as w on a.wave_id = w.wave_id and (w.is_open or a.status = 'CLAIMED')
where a.channel = 'EMAIL' and a.status in ('PREPARED', 'CLAIMED')
group by a.person_id / :shard_size
order by shard
