-- Holds a place. Grain: one hold. Idempotency key: the place, while it is held.
insert into platform.retention_hold (work_id, place, reason)
values (:work_id, :place, :reason)
on conflict (place) where lifted_by is null do nothing
