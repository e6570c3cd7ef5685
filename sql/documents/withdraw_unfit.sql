-- Takes documents out of records in which a later scan found something. Grain: one version. Idempotency: what is deleted stays so; what
-- was replaced is not shown anyway. Index: document's key.
update documents.document as d
set status = 'DELETED'
from
  jsonb_to_recordset(cast(:documents as jsonb)) as g (person_id bigint, document_id bigint)
where d.person_id = g.person_id and d.document_id = g.document_id and d.status = 'CURRENT'
