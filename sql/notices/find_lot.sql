-- A lot and where it stands. Index: the primary key.
select
  l.lot_id,
  l.letters,
  l.status,
  l.pages,
  l.pdf_sha256,
  u.as_of
from notices.print_lot as l
inner join platform.unit_of_work as u on l.work_id = u.work_id
where l.lot_id = :lot_id
