-- Keeps with which version a document was scanned later, and refuses what was found. Grain: one received document. Idempotency: a
-- document that was scanned is scanned.
update documents.reception as r
set
  scanned_with = g.scanned_with,
  outcome = case when g.code is null then r.outcome else 'REFUSED' end,
  code = coalesce(g.code, r.code)
from
  jsonb_to_recordset(cast(:scans as jsonb)) as g (delivery_id uuid, place integer, scanned_with text, code text)
where r.delivery_id = g.delivery_id and r.place = g.place and r.outcome = 'STORED' and r.scanned_with is null
