-- Messages that were addressed and have not left, to somebody who is not the one to tell any more: the person died or is represented now,
-- the recipient died or represents them no longer. They wait to be addressed again; of the dead nothing is told.
-- Grain: one prepared attempt. Idempotency: only a PREPARED attempt is taken back. Index: attempt_open, then primary keys.
with misdirected as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no,
    a.message_id,
    case
      when p.died_on is not null then 'DECEASED'
      when r.died_on is not null then 'REPRESENTATIVE_DECEASED'
      else 'REPRESENTATIVE_CHANGED'
    end as reason
  from campaign.attempt as a
  inner join registry.person as p on a.person_id = p.person_id
  inner join registry.person as r on a.recipient_id = r.person_id
  cross join
    lateral (select registry.is_minor(p.born_on, :day) or coalesce(p.protection = any(:represented_by), false) as by_another) as told
  where
    a.wave_id = 0 and a.status = 'PREPARED' and a.campaign_id = :campaign_id
    and (
      p.died_on is not null or r.died_on is not null or told.by_another = (a.recipient_id = a.person_id)
      or (
        told.by_another
        and not exists (
          select from registry.representative as k where k.person_id = a.person_id and k.representative_id = a.recipient_id
        )
      )
    )
),

taken_back as (
  update campaign.attempt as a
  set status = 'CANCELLED', failure = m.reason
  from misdirected as m
  where a.person_id = m.person_id and a.campaign_id = m.campaign_id and a.attempt_no = m.attempt_no
)

update notices.message as k
set addressed_in = null
from misdirected as m
where k.message_id = m.message_id
