-- A letter came back: kept with the attempt of everyone whom it concerns and in their trail; where the policy stops windows, those
-- that this letter started stop, and these people wait for other contact data. Whoever opposed meanwhile is left alone.
-- Grain: one attempt of the letter. Idempotency: an attempt comes back once. Index: attempt_lot, then primary keys.
with coming_back as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no,
    :stops and j.status = 'NOTIFIED' and j.attempt_no = a.attempt_no as stops
  from campaign.attempt as a
  inner join campaign.journey as j on a.person_id = j.person_id and a.campaign_id = j.campaign_id
  where a.lot_id = :lot_id and a.lot_rank = :lot_rank and a.returned_on is null and j.status <> 'OPPOSED'
  order by a.person_id
  for update of j, a
),

kept as (
  update campaign.attempt as a
  set
    returned_on = :returned_on,
    return_motive = :motive,
    status = case when c.stops then 'FAILED' else a.status end,
    failure = case when c.stops then 'RETURNED ' || :motive else a.failure end
  from coming_back as c
  where a.person_id = c.person_id and a.campaign_id = c.campaign_id and a.attempt_no = c.attempt_no
),

stopped as (
  update campaign.journey as j
  set status = 'EXCLUDED', reason = 'RETURNED', last_day = null
  from coming_back as c
  where j.person_id = c.person_id and j.campaign_id = c.campaign_id and c.stops
),

told as (
  insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason, detail)
  select
    person_id,
    platform.current_work(),
    platform.current_instant(),
    'letter',
    'RETURNED',
    :motive,
    jsonb_build_object('attempt', attempt_no, 'returned_on', cast(:returned_on as date))
  from coming_back
)

select
  count(*) as people,
  count(*) filter (where stops) as stopped
from coming_back
