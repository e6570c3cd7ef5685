-- From whom something is due and does not come: print houses that did not accept a lot handed over before :accepted_by, or did not deposit
-- one prepared for a day before :deposited_by; bounces, where more than :emails_without_bounce e-mails left since the last bounce file and
-- before :bounced_by. A refused lot waits for us. Grain: one partner and what is awaited, since the oldest day.
-- Index: lots are some thousands and read whole; the ledger by its unique key.
with lot as (
  select
    printer,
    status,
    letters,
    prepared_for,
    cast(handed_over_at at time zone 'Europe/Paris' as date) as handed_over_on
  from notices.print_lot
  where status in ('HANDED_OVER', 'ACCEPTED', 'PRINTED')
),

last_bounce as (
  select max(as_of) as heard_at
  from platform.unit_of_work
  where step = 'take_in:bounces'
)

select
  printer as partner,
  'ACCEPTANCE' as awaited,
  count(*) as lots,
  sum(letters)::bigint as notices,
  min(handed_over_on) as since
from lot
where status = 'HANDED_OVER' and handed_over_on < :accepted_by
group by printer
union all
select
  printer,
  'DEPOSIT',
  count(*),
  sum(letters)::bigint,
  min(prepared_for)
from lot
where prepared_for < :deposited_by
group by printer
union all
select
  'bounces',
  'BOUNCE',
  0,
  sum((u.counts ->> 'sent')::bigint)::bigint,
  min(cast(u.as_of at time zone 'Europe/Paris' as date))
from platform.unit_of_work as u
cross join last_bounce as b
where
  u.step = 'send_emails'
  and (b.heard_at is null or u.as_of > b.heard_at)
  and cast(u.as_of at time zone 'Europe/Paris' as date) < :bounced_by
having sum((u.counts ->> 'sent')::bigint) > :emails_without_bounce
order by partner, awaited
