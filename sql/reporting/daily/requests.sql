-- The requests taken in on the legal day :day, by channel and outcome. Grain: one channel and outcome. Index: the requests'
-- primary key (work_id, line).
select
  r.channel,
  r.outcome,
  count(*) as requests
from oppositions.request as r
inner join platform.unit_of_work as u on r.work_id = u.work_id
where cast(u.as_of at time zone 'Europe/Paris' as date) = :day
group by r.channel, r.outcome
order by r.channel, r.outcome
