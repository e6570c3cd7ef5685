-- Frees the records that a file names and whose holder was found to be another person: they are kept for whoever the number leads to now.
-- Grain: one record. Idempotency: none is left. Index: the keys of records and people.
delete from accounts.existing_record as r
using incoming_record as l
where
  r.record_no = l.record_no
  and not exists (select from registry.person as p where p.person_id = r.person_id offset 0)
