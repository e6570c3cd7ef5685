-- Keeps what became of each document that was received. Grain: one document at its place in its file. Idempotency key: delivery and
-- place; what was parked or refused may be decided again, what was stored never.
insert into documents.reception (delivery_id, place, work_id, person_id, document_id, outcome, code, scanned_with)
select
  g.delivery_id,
  g.place,
  :work_id,
  g.person_id,
  g.document_id,
  cast(g.outcome as documents.outcome),
  g.code,
  g.scanned_with
from
  jsonb_to_recordset(cast(:receptions as jsonb)) as g (
    delivery_id uuid, place integer, person_id bigint, document_id bigint, outcome text, code text, scanned_with text
  )
on conflict (delivery_id, place) do update
  set
    work_id = excluded.work_id, person_id = excluded.person_id, document_id = excluded.document_id,
    outcome = excluded.outcome, code = excluded.code, scanned_with = excluded.scanned_with
  where reception.outcome in ('PARKED', 'REFUSED')
