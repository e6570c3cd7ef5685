-- What binds the campaign to people, so that they cannot become somebody else: they were told or opposed, have or had a space, stand in
-- a lot of letters (which must be made again as it was), or are the one to whom a notice about somebody else went.
-- Grain: one person. Index: primary keys, attempt_represented.
select
  given.person_id,
  (
    select j.status::text
    from campaign.journey as j
    where j.person_id = given.person_id and j.status not in ('EXCLUDED', 'ELIGIBLE')
    order by j.campaign_id desc
    limit 1
  ) as journey,
  (select count(*) from accounts.account as a where a.person_id = given.person_id) as spaces,
  (
    select count(*)
    from campaign.attempt as a
    where a.person_id = given.person_id and (a.lot_id is not null or a.status in ('CLAIMED', 'SENT'))
  ) as notices,
  (
    select count(*)
    from campaign.attempt as a
    where a.recipient_id = given.person_id and a.recipient_id <> a.person_id and a.status <> 'CANCELLED'
  ) as represented
from unnest(cast(:person_ids as bigint[])) as given (person_id)
order by given.person_id
