-- Opens the account of every person of a shard whose last day to oppose is over, or ends the journey otherwise where the
-- person died, left, came of age or has another representative meanwhile, or has an account already.
-- Grain: one person. Idempotency key: the journey's status, and one open account a person. Index: journey_window.
-- The journeys are locked: an opposition that is being recorded makes this statement wait, and the row is then read again,
-- OPPOSED, and left alone. Whoever may be another person of the registry is left alone until a person has decided: neither opened nor
-- cancelled; so is whoever may have opposed on a day (`open_days`) of which the intake does not know everything.
-- Who was told counts, on the day of the opening: whoever is represented must have been told through a representative who lives and
-- still is one (CSP L1111-13-1, R1111-28); who came of age must have been told themselves. Where a protection has ended, what its
-- representative was told stands. The bounds on ids are said of each table: else all partitions of each would be read; `offset 0` makes one
-- look-up of a representative a person of what would else be a table of all.
-- Indexes besides: doubt_open, doubt_open_other, primary keys. Source: CSP R1111-28.
with due as (
  select
    j.person_id,
    j.campaign_id,
    j.attempt_no
  from campaign.journey as j
  where
    j.status = 'NOTIFIED'
    and j.last_day < :due_before
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

told as (
  select
    d.person_id,
    d.campaign_id,
    a.recipient_id,
    p.died_on,
    p.rights_end_on,
    o.account_id,
    registry.is_minor(p.born_on, :day) or coalesce(p.protection = any(:represented_by), false) as is_represented,
    a.recipient_id <> d.person_id and registry.is_minor(p.born_on, a.sent_on) as was_told_as_a_child
  from due as d
  inner join registry.person as p on d.person_id = p.person_id and p.person_id between :first_id and :last_id
  inner join campaign.attempt as a
    on
      d.person_id = a.person_id and d.campaign_id = a.campaign_id and d.attempt_no = a.attempt_no
      and a.person_id between :first_id and :last_id
  left join accounts.account as o
    on d.person_id = o.person_id and o.status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED') and o.person_id between :first_id and :last_id
),

judged as (
  select
    t.person_id,
    t.campaign_id,
    case when t.is_represented then t.recipient_id end as manager,
    case
      when t.died_on is not null then 'DECEASED'
      when t.rights_end_on <= :day then 'LEFT'
      when t.account_id is not null then 'ALREADY_OPEN'
      when t.was_told_as_a_child and not t.is_represented then 'CAME_OF_AGE'
      when
        t.is_represented and not exists (
          select from registry.representative as r
          inner join registry.person as rp on r.representative_id = rp.person_id
          where r.person_id = t.person_id and r.representative_id = t.recipient_id and rp.died_on is null
          offset 0
        ) then 'REPRESENTATIVE_CHANGED'
    end as reason
  from told as t
),

decided as (
  select
    *,
    case
      when reason is null then 'OPENED'
      when reason in ('CAME_OF_AGE', 'REPRESENTATIVE_CHANGED') then 'ELIGIBLE'
      else 'CANCELLED'
    end::campaign.journey_status as status
  from judged
),

moved as (
  update campaign.journey as j
  set status = d.status, reason = d.reason
  from decided as d
  where j.person_id = d.person_id and j.campaign_id = d.campaign_id and j.person_id between :first_id and :last_id
  returning j.person_id, d.manager, j.status
),

ended as (
  select
    array_agg(person_id) filter (where status = 'OPENED') as people,
    array_agg(manager) filter (where status = 'OPENED') as managers,
    count(*) filter (where status = 'CANCELLED') as cancelled,
    count(*) filter (where status = 'ELIGIBLE') as to_be_notified_again
  from moved
)

select
  s.opened,
  s.impossible,
  e.cancelled,
  e.to_be_notified_again
from ended as e
cross join lateral accounts.open_spaces(e.people, e.managers, cast(:campaign_id as smallint), :day) as s
