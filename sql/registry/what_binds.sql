-- What binds the campaign to people, so that they cannot become somebody else: they were told or opposed, have or had a space, stand in
-- a lot of letters (which must be made again as it was), or are the one to whom a notice about somebody else goes.
-- Grain: one person. Index: primary keys, representative_of.
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
  (select count(*) from campaign.attempt as a where a.person_id = given.person_id and a.lot_id is not null) as letters,
  (
    select count(*)
    from registry.representative as r
    inner join campaign.journey as j on r.person_id = j.person_id
    inner join campaign.attempt as a
      on j.person_id = a.person_id and j.campaign_id = a.campaign_id and a.recipient_id = given.person_id
    where
      r.representative_id = given.person_id
      and (a.lot_id is not null or (a.attempt_no = j.attempt_no and j.status in ('PLANNED', 'NOTIFIED')))
  ) as represented
from unnest(cast(:person_ids as bigint[])) as given (person_id)
order by given.person_id
