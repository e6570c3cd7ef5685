-- Opens the account of every person of a shard whose last day to oppose is over, or ends the journey otherwise where the
-- person died, left, came of age meanwhile, or has an account already.
-- Grain: one person. Idempotency key: the journey's status, and one open account a person. Index: journey_window.
-- The journeys are locked: an opposition that is being recorded makes this statement wait, and the row is then read again,
-- OPPOSED, and left alone. Whoever may be another person of the registry is left alone until a person has decided: neither opened nor
-- cancelled; so is whoever may have opposed on a day (`open_days`) of which the intake does not know everything.
-- Indexes besides: doubt_open, doubt_open_other. Source: CSP R1111-28.
with due as (
  select
    j.person_id,
    j.campaign_id,
    j.attempt_no
  from campaign.journey as j
  where
    j.status = 'NOTIFIED'
    and j.last_day < :day
    and j.campaign_id = :campaign_id
    and j.person_id between :first_id and :last_id
    and not exists (
      select from oppositions.opposition as o where o.person_id = j.person_id and o.campaign_id = j.campaign_id
    )
    and not exists (select from registry.in_doubt as d where d.person_id = j.person_id)
    and not exists (
      select from unnest(cast(:open_days as date[])) as o (day)
      where o.day between j.last_day - cast(:window_days as integer) and j.last_day
    )
  order by j.person_id
  for update of j
),

judged as (
  select
    d.person_id,
    d.campaign_id,
    case
      when p.died_on is not null then 'DECEASED'
      when p.rights_end_on <= :day then 'LEFT'
      when o.account_id is not null then 'ALREADY_OPEN'
      when
        a.recipient_id <> d.person_id
        and p.born_on is not null and not registry.is_minor(p.born_on, :day)
        and (p.protection = any(:represented_by)) is not true then 'CAME_OF_AGE'
    end as reason
  from due as d
  inner join registry.person as p on d.person_id = p.person_id
  inner join campaign.attempt as a
    on d.person_id = a.person_id and d.campaign_id = a.campaign_id and d.attempt_no = a.attempt_no
  left join accounts.account as o on d.person_id = o.person_id and o.status = 'OPEN'
),

decided as (
  select
    *,
    case
      when reason is null then 'OPENED'
      when reason = 'CAME_OF_AGE' then 'ELIGIBLE'
      else 'CANCELLED'
    end::campaign.journey_status as status
  from judged
),

moved as (
  update campaign.journey as j
  set status = d.status, reason = d.reason
  from decided as d
  where j.person_id = d.person_id and j.campaign_id = d.campaign_id
  returning j.person_id, j.campaign_id, j.status
),

opened as (
  insert into accounts.account (person_id, campaign_id, opened_on)
  select
    person_id,
    campaign_id,
    :day
  from moved
  where status = 'OPENED'
)

select
  count(*) filter (where status = 'OPENED') as opened,
  count(*) filter (where status = 'CANCELLED') as cancelled,
  count(*) filter (where status = 'ELIGIBLE') as to_be_notified_again
from moved
