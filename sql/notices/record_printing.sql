-- The print house has printed a lot, which it thereby accepts. Idempotency: only a lot on its way to the post changes.
-- Index: the primary key.
update notices.print_lot
set status = 'PRINTED', printed_on = :printed_on
where lot_id = :lot_id and status in ('HANDED_OVER', 'ACCEPTED')
