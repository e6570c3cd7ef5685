-- title: People notified once at least = opposed + opened + pending + cancelled + to be told again
-- Left: the attempts that left. Right: the journeys. Violations: a pending window that no sent attempt explains: it has so many days from
-- the sending, or from the day of which the letter is dated where it was deposited before.
select
  (
    select count(*)
    from (
      select distinct
        person_id,
        campaign_id
      from campaign.attempt
      where sent_on is not null
    )
  ) as left_hand,
  count(*) filter (where j.status in ('OPENED', 'NOTIFIED'))
  + count(*) filter (
    where j.status in ('OPPOSED', 'CANCELLED', 'EXCLUDED', 'ELIGIBLE', 'PLANNED') and exists (
      select from campaign.attempt as a
      where a.person_id = j.person_id and a.campaign_id = j.campaign_id and a.sent_on is not null
    )
  ) as right_hand,
  count(*) filter (where j.status = 'NOTIFIED' and not exists (
    select from campaign.attempt as a
    left join notices.print_lot as l on a.lot_id = l.lot_id
    where
      a.person_id = j.person_id and a.campaign_id = j.campaign_id and a.attempt_no = j.attempt_no
      and a.status = 'SENT' and j.last_day - greatest(a.sent_on, l.prepared_for) = :window_days
  )) as violations
from campaign.journey as j
