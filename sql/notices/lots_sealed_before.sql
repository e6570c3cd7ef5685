-- The lots of a print house that are out and were sealed before its newest key was in force, so that it needs an older one to open them; no
-- row where the newest key was never recorded. Grain: one print house. Index: the ledger's unique key, lot_of_printer.
select
  (
    select count(*)
    from notices.print_lot as l
    where
      l.printer = :printer and l.status in ('HANDED_OVER', 'ACCEPTED', 'REFUSED', 'PRINTED')
      and l.handed_over_at < w.as_of + cast(:margin as interval)
  ) as lots
from platform.unit_of_work as w
where w.step = 'rotate_printer_key' and w.unit = :unit
