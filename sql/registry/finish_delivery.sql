-- A delivery whose last portion is in. Grain: one delivery. Idempotency: only one that is LOADING.
update registry.delivery
set status = 'TAKEN_IN', digests = :digests, counts = cast(:counts as jsonb)
where delivery_id = :delivery_id and status = 'LOADING'
