-- Where everyone stands: people by department, channel of their current notice, status and reason. Grain: one such group.
-- People without a journey count as NOT_PLANNED, so that the groups add up to the registry.
-- Index: none serves it; every person is read once a day, in the order of the primary keys.
select
  coalesce(c.department, 'NONE') as department,
  coalesce(a.channel, 'NONE') as channel,
  coalesce(j.status::text, 'NOT_PLANNED') as status,
  coalesce(j.reason, 'NONE') as reason,
  count(*) as people
from registry.person as p
left join campaign.journey as j on p.person_id = j.person_id
left join campaign.attempt as a
  on j.person_id = a.person_id and j.campaign_id = a.campaign_id and j.attempt_no = a.attempt_no
left join registry.contact as c on p.person_id = c.person_id
group by 1, 2, 3, 4
order by 1, 2, 3, 4
