-- Whom two people named as the ones whom documents are about. Grain: one document. Index: one_correction_a_document.
select
  c.delivery_id,
  c.place,
  c.person_id
from documents.identity_correction as c
where c.delivery_id = any(cast(:delivery_ids as uuid[])) and c.is_granted
