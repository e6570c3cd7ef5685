-- The lots that print houses have and that are not at the post yet, by where they stand. Grain: one print house. Lots are some thousands.
select
  printer,
  count(*) filter (where status = 'HANDED_OVER') as handed_over,
  count(*) filter (where status = 'ACCEPTED') as accepted,
  count(*) filter (where status = 'PRINTED') as printed,
  count(*) filter (where status = 'REFUSED') as refused
from notices.print_lot
where status in ('HANDED_OVER', 'ACCEPTED', 'PRINTED', 'REFUSED')
group by printer
order by printer
