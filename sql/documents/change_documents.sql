-- Moves documents to another status, or changes who may see them. Grain: one version. Idempotency: a row that says so already keeps
-- saying so, and the trigger notes nothing. Index: document_unique_id.
update documents.document as d
set
  status = cast(g.status as documents.document_status),
  hidden_from_professionals = g.hidden like '%MASQUE_PS%',
  hidden_from_patient = g.hidden like '%INVISIBLE_PATIENT%',
  hidden_from_representatives = g.hidden like '%INVISIBLE_REPRESENTANTS_LEGAUX%'
from
  jsonb_to_recordset(cast(:changes as jsonb)) as g (person_id bigint, unique_id text, status text, hidden text)
where d.person_id = g.person_id and documents.id_key(d.unique_id) = documents.id_key(g.unique_id) and d.unique_id = g.unique_id
