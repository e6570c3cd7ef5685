-- How many requests of each channel were received in time and taken in, at an instant, after the opening of the space.
-- Grain: one channel. Index: units of work are some thousands; the requests' primary key.
select
  r.channel,
  count(*) as people
from platform.unit_of_work as u
inner join oppositions.request as r on u.work_id = r.work_id
where u.as_of = :as_of and u.step like 'take_in:oppositions/%' and r.cause = 'IN_TIME_AFTER_OPENING'
group by r.channel
order by r.channel
