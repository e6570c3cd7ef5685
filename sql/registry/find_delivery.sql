-- What is known of one delivery, as its manifest says it. Index: the unique key.
select
  delivery_id,
  status,
  refusal,
  decided_by,
  as_of,
  counts
from registry.delivery
where folder = :folder and manifest_sha256 = :manifest_sha256
