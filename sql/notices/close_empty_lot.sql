-- A lot none of whose letters could be printed is closed without a file. Idempotency: only a PLANNED lot changes.
update notices.print_lot
set status = 'EMPTY'
where lot_id = :lot_id and status = 'PLANNED'
