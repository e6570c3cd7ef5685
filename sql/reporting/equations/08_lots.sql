-- title: Letters of print lots = letters that attempts were assigned to
-- Violations: a deposited lot with a letter that does not count as sent, or a sent letter whose lot is not deposited.
select
  (select coalesce(sum(letters), 0) from notices.print_lot) as left_hand,
  count(distinct row(a.lot_id, a.lot_rank)) as right_hand,
  count(*) filter (where (l.status = 'DEPOSITED') <> (a.sent_on is not null) or l.deposited_on is distinct from a.sent_on) as violations
from campaign.attempt as a
left join notices.print_lot as l on a.lot_id = l.lot_id
where a.lot_id is not null
