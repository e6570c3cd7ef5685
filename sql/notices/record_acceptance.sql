-- The print house accepts or refuses a lot. Idempotency: only a HANDED_OVER lot changes. Index: the primary key.
update notices.print_lot
set status = :status, refusal = :refusal
where lot_id = :lot_id and status = 'HANDED_OVER'
