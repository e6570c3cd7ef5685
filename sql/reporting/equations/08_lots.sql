-- title: Letters of print lots = letters that attempts were assigned to
-- Violations: a deposited lot with a letter that does not count as sent, or a sent letter whose lot is not deposited. Where: the insurance
-- body and the print house.
with counted as (
  select
    lot_id,
    letters as left_hand,
    0 as right_hand,
    0 as violations
  from notices.print_lot
  union all
  select
    a.lot_id,
    0,
    count(distinct a.lot_rank),
    count(*) filter (where (l.status = 'DEPOSITED') <> (a.sent_on is not null) or l.deposited_on is distinct from a.sent_on)
  from campaign.attempt as a
  left join notices.print_lot as l on a.lot_id = l.lot_id
  where a.lot_id is not null
  group by a.lot_id
),

placed as (
  select
    c.left_hand,
    c.right_hand,
    c.violations,
    coalesce(l.body, 'NONE') as body,
    coalesce(l.printer, 'NONE') as printer
  from counted as c
  left join notices.print_lot as l on c.lot_id = l.lot_id
)

select
  body,
  printer,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  coalesce(sum(violations), 0) as violations
from placed
group by grouping sets ((), (body, printer))
having grouping(body) = 1 or sum(left_hand) <> sum(right_hand) or sum(violations) > 0
order by body nulls first, printer
