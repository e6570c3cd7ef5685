-- A lot and where it stands. Index: the primary key.
select
  lot_id,
  printer,
  body,
  subject,
  large_print,
  prepared_for,
  letters,
  status,
  template,
  pages,
  pdf_sha256,
  handed_over_at,
  refusal,
  remakes,
  printed_on,
  deposited_on
from notices.print_lot
where lot_id = :lot_id
