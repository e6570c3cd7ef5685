-- How long letters waited for the post: letters and the notices in them by the days on which their lots were handed to the print house
-- and deposited. Grain: one pair of days. Index: attempt_lot; lots are some thousands and read whole.
select
  cast(l.handed_over_at at time zone 'Europe/Paris' as date) as handed_over_on,
  l.deposited_on,
  sum(l.letters)::bigint as letters,
  sum(a.notices)::bigint as notices
from notices.print_lot as l
inner join (
  select
    lot_id,
    count(*) as notices
  from campaign.attempt
  where campaign_id = :campaign_id and lot_id is not null and message_id is null
  group by lot_id
) as a on l.lot_id = a.lot_id
where l.status = 'DEPOSITED'
group by 1, 2
order by 1, 2
