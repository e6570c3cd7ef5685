-- title: Notices that waves were planned with = attempts of these waves, without the letters that replace an e-mail
-- What was planned is what a second person approved. Where: the wave and the channel.
with counted as (
  select
    w.wave_id as wave,
    p.channel,
    p.notices as left_hand,
    0 as right_hand
  from campaign.wave as w
  inner join platform.unit_of_work as u on w.work_id = u.work_id
  cross join
    lateral (
      values
      ('EMAIL', cast(u.counts ->> 'emails' as bigint)),
      ('LETTER', cast(u.counts ->> 'letters' as bigint))
    ) as p (channel, notices)
  union all
  select
    a.wave_id,
    a.channel,
    0,
    count(*)
  from campaign.attempt as a
  left join campaign.attempt as e
    on
      a.person_id = e.person_id and a.campaign_id = e.campaign_id and e.attempt_no = a.attempt_no - 1
      and a.wave_id = e.wave_id
  where e.person_id is null and a.message_id is null
  group by a.wave_id, a.channel
)

select
  wave,
  channel,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  0 as violations
from counted
group by grouping sets ((), (wave, channel))
having grouping(wave) = 1 or sum(left_hand) <> sum(right_hand)
order by wave nulls first, channel
