-- title: Attempts made = attempts of the journeys, one after the other
-- Violations: two attempts of one person that could both still count.
select
  (select count(*) from campaign.attempt) as left_hand,
  (select coalesce(sum(attempt_no), 0) from campaign.journey) as right_hand,
  count(*) as violations
from (
  select person_id
  from campaign.attempt
  where
    status in ('PREPARED', 'CLAIMED', 'SENT') and person_id not in (
      select person_id from platform.audit where subject = 'journey' and after = 'ELIGIBLE'
    )
  group by person_id, campaign_id
  having count(*) > 1
)
