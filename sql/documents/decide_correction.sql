-- Keeps what a second person decided on a correction of an identity; the first decision stands, and the table refuses whoever asked.
-- Grain: one correction. Index: the primary key.
update documents.identity_correction
set decided_by = :decided_by, is_granted = :is_granted
where work_id = :request and decided_by is null
returning delivery_id, place, person_id, reason
