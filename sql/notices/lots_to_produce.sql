-- The lots that are assigned and not yet handed to the print house, by any run: what a killed run left is taken up too.
select lot_id
from notices.print_lot
where status = 'PLANNED'
order by lot_id
