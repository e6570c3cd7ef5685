-- People who died or left between planning and sending are told nothing: their notice is withdrawn before it leaves. So is that of
-- people of whom it was asked meanwhile whether they are one: they are planned again once a person has decided; and that of minors who
-- came of age meanwhile: they are told themselves; that of people whose representative died: another is told; and whatever is left of
-- cancelled waves.
-- Grain: one prepared attempt, by one of the channels asked for. Idempotency: only a PREPARED attempt is withdrawn.
-- Index: attempt_open, doubt_open.
with prepared as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no,
    case
      when p.died_on is not null then 'DECEASED'
      when p.rights_end_on <= :day then 'LEFT'
      when w.status = 'CANCELLED' then 'WAVE_CANCELLED'
      when r.died_on is not null then 'REPRESENTATIVE_DECEASED'
      when d.person_id is not null then 'DOUBTFUL_IDENTITY'
      when
        a.recipient_id <> a.person_id
        and p.born_on is not null and not registry.is_minor(p.born_on, :day)
        and (p.protection = any(:represented_by)) is not true then 'CAME_OF_AGE'
    end as reason
  from campaign.wave as w
  inner join campaign.attempt as a on w.wave_id = a.wave_id and a.status = 'PREPARED'
  inner join registry.person as p on a.person_id = p.person_id
  inner join registry.person as r on a.recipient_id = r.person_id
  left join registry.in_doubt as d on a.person_id = d.person_id
  where w.status in ('APPROVED', 'CANCELLED') and w.campaign_id = :campaign_id and a.channel = any(:channels)
),

-- The list says what "is not null" would, and lets the planner expect few.
gone as (
  select *
  from prepared
  where reason in ('DECEASED', 'LEFT', 'WAVE_CANCELLED', 'REPRESENTATIVE_DECEASED', 'DOUBTFUL_IDENTITY', 'CAME_OF_AGE')
),

withdrawn as (
  update campaign.attempt as a
  set status = 'CANCELLED', failure = g.reason
  from gone as g
  where a.person_id = g.person_id and a.campaign_id = g.campaign_id and a.attempt_no = g.attempt_no
)

update campaign.journey as j
set
  status = case when g.reason in ('DECEASED', 'LEFT') then 'CANCELLED' else 'ELIGIBLE' end::campaign.journey_status,
  reason = g.reason
from gone as g
where j.person_id = g.person_id and j.campaign_id = g.campaign_id and j.status = 'PLANNED'
