-- title: Journeys that ended in an opening = accounts of the campaign, one a person: a new space after a destruction is none of them
-- Violations: an account opened on or before the last day to oppose, or without its journey. Where: body and department of the person, wave
-- and channel of the journey's notice.
with first_space as (
  select distinct on (person_id, campaign_id)
    person_id,
    campaign_id,
    opened_on
  from accounts.account
  order by person_id asc, campaign_id asc, opened_on asc
),

placed as (
  select
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department,
    coalesce(j.wave_id, 0) as wave,
    coalesce(n.channel, 'NONE') as channel,
    cast(coalesce(j.status = 'OPENED', false) as integer) as left_hand,
    cast(a.person_id is not null as integer) as right_hand,
    cast(
      a.person_id is not null and (j.status is distinct from 'OPENED' or coalesce(a.opened_on <= j.last_day, false)) as integer
    ) as violations
  from campaign.journey as j
  full join first_space as a on j.person_id = a.person_id and j.campaign_id = a.campaign_id
  left join campaign.attempt as n
    on j.person_id = n.person_id and j.campaign_id = n.campaign_id and j.attempt_no = n.attempt_no
  left join registry.contact as c on coalesce(j.person_id, a.person_id) = c.person_id
  where j.status = 'OPENED' or a.person_id is not null
)

select
  body,
  department,
  wave,
  channel,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  coalesce(sum(violations), 0) as violations
from placed
group by grouping sets ((), (body, department, wave, channel))
having grouping(body) = 1 or sum(left_hand) <> sum(right_hand) or sum(violations) > 0
order by body nulls first, department, wave, channel
