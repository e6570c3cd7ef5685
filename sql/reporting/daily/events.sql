-- What happened on each legal day from :first_day to :last_day. Grain: one kind of event on one day.
-- E-mails and letters (not the people whom one letter concerns) are counted on the day that counts for the window, returned letters on
-- the day on which the post gave them back, requests and bounces on the day they were taken in.
-- Index: attempt and event have none on a day (each is read once); the others are small or read by their keys.
with attempt as (
  select
    'EMAIL_SENT' as event,
    sent_on as day,
    count(*) as times
  from campaign.attempt
  where channel = 'EMAIL' and sent_on between :first_day and :last_day
  group by sent_on
  union all
  select
    'LETTER_DEPOSITED',
    sent_on,
    count(distinct row(lot_id, lot_rank))
  from campaign.attempt
  where channel = 'LETTER' and sent_on between :first_day and :last_day
  group by sent_on
  union all
  select
    'LETTER_RETURNED',
    returned_on,
    count(distinct row(lot_id, lot_rank))
  from campaign.attempt
  where returned_on between :first_day and :last_day
  group by returned_on
),

work as (
  select
    work_id,
    step,
    counts,
    cast(as_of at time zone 'Europe/Paris' as date) as day
  from platform.unit_of_work
  where
    as_of >= cast(cast(:first_day as date) as timestamp) at time zone 'Europe/Paris'
    and as_of < cast(cast(:last_day as date) + 1 as timestamp) at time zone 'Europe/Paris'
)

select
  event,
  day,
  times
from attempt
union all
select
  'EMAIL_REFUSED',
  day,
  sum((counts ->> 'letters')::bigint + (counts ->> 'excluded')::bigint)
from work
where step = 'send_emails'
group by day
union all
select
  'LETTER_HANDED_OVER',
  cast(handed_over_at at time zone 'Europe/Paris' as date),
  sum(letters)
from notices.print_lot
where cast(handed_over_at at time zone 'Europe/Paris' as date) between :first_day and :last_day
group by cast(handed_over_at at time zone 'Europe/Paris' as date)
union all
select
  'BOUNCE_' || l.outcome,
  w.day,
  count(*)
from notices.report_line as l
inner join work as w on l.work_id = w.work_id and w.step = 'take_in:bounces'
group by l.outcome, w.day
union all
select
  'REQUEST_' || r.outcome,
  w.day,
  count(*)
from oppositions.request as r
inner join work as w on r.work_id = w.work_id
group by r.outcome, w.day
union all
select
  'SPACE_' || kind,
  happened_on,
  count(*)
from accounts.event
where happened_on between :first_day and :last_day
group by kind, happened_on
order by 1, 2
