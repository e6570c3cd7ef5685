-- Lots that a print house refused before :before and that nobody made again or withdrew. Grain: one lot.
-- Index: lot_unfinished, report_line_of_lot.
select
  l.printer || ', lot ' || l.lot_id as place,
  cast(l.letters as bigint) as things,
  max(u.as_of) as since
from notices.print_lot as l
inner join notices.report_line as r on l.lot_id = r.lot_id
inner join platform.unit_of_work as u on r.work_id = u.work_id
where l.status = 'REFUSED'
group by l.printer, l.lot_id, l.letters
having max(u.as_of) < :before
order by l.lot_id
