-- title: People notified once at least = opposed + opened + pending + cancelled + to be told again
-- Left: the attempts that left. Right: the journeys. Violations: a pending window that no sent attempt explains: it has six weeks from
-- the sending, or from the day of which the letter is dated where it was deposited before. Where: body and department of the person, wave
-- and channel of the last attempt that left. Messages that tell of no window have no wave.
with told as (
  select distinct on (person_id, campaign_id)
    person_id,
    campaign_id,
    wave_id,
    channel
  from campaign.attempt
  where sent_on is not null and message_id is null
  order by person_id asc, campaign_id asc, attempt_no desc
),

explained as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no,
    coalesce(campaign.last_day(a.sent_at), greatest(campaign.last_day(a.sent_on), campaign.last_day(l.prepared_for))) as last_day
  from campaign.attempt as a
  left join notices.print_lot as l on a.lot_id = l.lot_id
  where a.status = 'SENT'
),

placed as (
  select
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department,
    coalesce(t.wave_id, 0) as wave,
    coalesce(t.channel, 'NONE') as channel,
    cast(t.person_id is not null as integer) as left_hand,
    cast(
      j.status in ('OPENED', 'NOTIFIED')
      or (j.status in ('OPPOSED', 'CANCELLED', 'EXCLUDED', 'ELIGIBLE', 'PLANNED') and t.person_id is not null) as integer
    ) as right_hand,
    cast(j.status = 'NOTIFIED' and (j.last_day = e.last_day) is not true as integer) as violations
  from campaign.journey as j
  full join told as t on j.person_id = t.person_id and j.campaign_id = t.campaign_id
  left join explained as e on j.person_id = e.person_id and j.campaign_id = e.campaign_id and j.attempt_no = e.attempt_no
  left join registry.contact as c on coalesce(j.person_id, t.person_id) = c.person_id
)

select
  body,
  department,
  wave,
  channel,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  coalesce(sum(violations), 0) as violations
from placed
group by grouping sets ((), (body, department, wave, channel))
having grouping(body) = 1 or sum(left_hand) <> coalesce(sum(right_hand), 0) or sum(violations) > 0
order by body nulls first, department, wave, channel
