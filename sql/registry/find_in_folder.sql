-- The delivery of a folder: the one that was not refused, where a refused one was corrected there. Index: the unique key.
select
  delivery_id,
  folder,
  manifest_sha256,
  body,
  reference_date,
  status,
  refusal,
  decided_by,
  decision_reason
from registry.delivery
where folder = :folder
order by status <> 'REFUSED' desc, delivery_id desc
limit 1
