-- The lots that print houses refuse, until they are handed over anew. Index: lot_unfinished.
select
  lot_id,
  printer,
  refusal,
  remakes
from notices.print_lot
where status = 'REFUSED'
order by lot_id
