-- title: Letters of print lots = letters assigned to a lot
-- Violations: a deposited lot with a letter that does not count as sent, or a sent letter whose lot is not deposited.
select
  (select coalesce(sum(letters), 0) from notices.print_lot) as left_hand,
  count(*) as right_hand,
  count(*) filter (where (l.status = 'DEPOSITED') <> (a.status = 'SENT') or l.deposited_on is distinct from a.sent_on) as violations
from campaign.attempt as a
left join notices.print_lot as l on a.lot_id = l.lot_id
where a.lot_id is not null
