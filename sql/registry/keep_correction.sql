-- A correction that operations put down: accepted by whoever did, and taken in by the next run. Grain: one delivery.
-- Idempotency: the caller's unit of work, and the unique key.
insert into registry.delivery (
  folder, manifest_sha256, body, kind, reference_date, status, decided_by, decision_reason, as_of, counts
)
values (
  :folder, :manifest_sha256, :body, 'correction', :reference_date, 'WAITING', :decided_by, :reason, :as_of, cast(:counts as jsonb)
)
returning delivery_id
