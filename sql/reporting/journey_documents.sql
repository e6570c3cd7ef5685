-- The documents of one person's spaces that may be told to whoever asks: none that waits for an announcement visit (CSP R1111-53), and to a
-- representative (:is_represented) none that is hidden from them. Grain: one document, oldest first. Index: the primary key, by person.
select
  d.stored_at,
  d.author_organization as sender,
  d.status,
  d.type_code,
  d.type_system
from documents.document as d
where
  d.person_id = :person_id
  and not d.hidden_from_patient
  and not (d.hidden_from_representatives and :is_represented)
order by d.stored_at, d.document_id
