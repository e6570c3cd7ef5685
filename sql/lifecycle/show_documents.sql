-- Shows patients the documents that waited for an announcement visit, one month after their deposit. Grain: one document. Idempotency: only
-- what is hidden is shown. Index: document_hidden_from_patient. The trigger audits it. Source: CSP R1111-53.
update documents.document
set hidden_from_patient = false
where
  hidden_from_patient and status = 'CURRENT'
  and stored_at < cast(:day as date) - 27
  and cast(cast(stored_at at time zone 'Europe/Paris' as date) + interval '1 month' as date) <= cast(:day as date)
