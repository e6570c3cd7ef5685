-- title: Journeys that ended in an opposition = oppositions recorded = requests accepted
-- Violations: somebody who opposed and has an open account.
select
  (select count(*) from campaign.journey where status = 'OPPOSED') as left_hand,
  count(*) as right_hand,
  count(*) filter (where exists (select from accounts.account as a where a.person_id = o.person_id and a.status = 'OPEN'))
  + abs(count(*) - (select count(*) from oppositions.request where outcome = 'ACCEPTED')) as violations
from oppositions.opposition as o
