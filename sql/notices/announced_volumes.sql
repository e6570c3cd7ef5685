-- The volumes of each print house and day for which a lot is still to be made: all lots of that day that were not given up, made ones
-- included.
-- Grain: one print house, day, body and size of print. Index: lot_unfinished, lot_of_printer.
select
  l.printer,
  l.prepared_for,
  l.body,
  l.large_print,
  count(*) as lots,
  sum(l.letters)::integer as letters
from notices.print_lot as l
where
  l.status not in ('EMPTY', 'WITHDRAWN')
  and exists (
    select from notices.print_lot as p
    where p.printer = l.printer and p.prepared_for = l.prepared_for and p.status = 'PLANNED'
  )
group by l.printer, l.prepared_for, l.body, l.large_print
order by l.printer, l.prepared_for, l.body, l.large_print
