-- Keeps what was decided on a delivery before its first effect. Idempotency key: folder and manifest; a WAITING one is decided again.
insert into registry.delivery (
  folder, manifest_sha256, body, kind, reference_date, status, refusal, as_of, counts
)
values (
  :folder, :manifest_sha256, :body, :kind, :reference_date, :status, :refusal, :as_of, cast(:counts as jsonb)
)
on conflict (folder, manifest_sha256) do update
  set status = excluded.status, refusal = excluded.refusal, counts = excluded.counts, as_of = excluded.as_of
  where registry.delivery.status = 'WAITING'
returning delivery_id
