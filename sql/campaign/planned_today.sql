-- How many notices the earlier waves of a day hold, by channel and by body (`body CPAM`): the caps of the day are for all of them.
-- Few rows: one a wave.
select
  c.key as what,
  sum(cast(c.value as bigint)) as notices
from campaign.wave as w
inner join platform.unit_of_work as u on w.work_id = u.work_id
cross join lateral jsonb_each_text(u.counts) as c
where
  w.campaign_id = :campaign_id and w.planned_for = :day and w.status in ('PROPOSED', 'APPROVED')
  and c.key not in ('wave_id', 'facts_read')
group by c.key
