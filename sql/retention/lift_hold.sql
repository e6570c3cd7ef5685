-- Lifts the hold of a place. Grain: one hold. Idempotency: only one that stands. Index: one_hold_a_place.
update platform.retention_hold
set lifted_by = :work_id
where place = :place and lifted_by is null
