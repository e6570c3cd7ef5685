-- Indexes documents whose objects are written. Grain: one version. Idempotency: the delivery that brings it is decided once, and
-- document_unique_id has the last word.
insert into documents.document (
  person_id, work_id, created_at, stored_at, account_id, status, size_bytes, version, feed_id, hidden_from_professionals,
  hidden_from_patient, hidden_from_representatives, sha256, unique_id, series_id, type_code, type_system, media_type, confidentiality,
  author_organization
)
select
  g.person_id,
  :work_id,
  g.created_at,
  :as_of,
  g.account_id,
  'CURRENT',
  g.size_bytes,
  g.version,
  :feed_id,
  g.hidden like '%MASQUE_PS%',
  g.hidden like '%INVISIBLE_PATIENT%',
  g.hidden like '%INVISIBLE_REPRESENTANTS_LEGAUX%',
  decode(g.sha256, 'hex'),
  g.unique_id,
  g.series_id,
  g.type_code,
  g.type_system,
  g.media_type,
  g.confidentiality,
  g.author_organization
from
  jsonb_to_recordset(cast(:documents as jsonb)) as g (
    person_id bigint, created_at timestamptz, account_id uuid, size_bytes integer, version integer, hidden text, sha256 text,
    unique_id text, series_id text, type_code text, type_system text, media_type text, confidentiality text, author_organization text
  )
returning unique_id, document_id
