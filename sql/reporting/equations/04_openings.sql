-- title: Journeys that ended in an opening = accounts of the campaign
-- Violations: an account opened on or before the last day to oppose, or without its journey.
select
  (select count(*) from campaign.journey where status = 'OPENED') as left_hand,
  count(*) as right_hand,
  count(*) filter (where j.status is distinct from 'OPENED' or a.opened_on <= j.last_day) as violations
from accounts.account as a
left join campaign.journey as j on a.person_id = j.person_id and a.campaign_id = j.campaign_id
