-- Messages about an event of before :before that have not left although somebody can be told: not addressed yet, or addressed and neither
-- sent nor in a lot. Grain: one subject. Index: message_waiting, attempt_open.
with waiting as (
  select
    subject,
    work_id
  from notices.message
  where addressed_in is null and reason is null
  union all
  select
    m.subject,
    m.work_id
  from campaign.attempt as a
  inner join notices.message as m on a.message_id = m.message_id
  where a.wave_id = 0 and (a.status = 'PREPARED' or (a.status = 'CLAIMED' and a.channel = 'EMAIL'))
)

select
  w.subject as place,
  count(*) as things,
  min(u.as_of) as since
from waiting as w
inner join platform.unit_of_work as u on w.work_id = u.work_id
where u.as_of < :before
group by w.subject
order by w.subject
