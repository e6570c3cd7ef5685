-- A lot whose files and manifest lie in the object store is handed over; its letters keep the version of the template that they were
-- made with, which may be newer than the one in place when they were gathered.
-- Idempotency: only a PLANNED lot changes. Index: the primary key; attempt_lot.
with handed_over as (
  update notices.print_lot
  set status = 'HANDED_OVER', pages = :pages, pdf_sha256 = :pdf_sha256, template = :template, handed_over_at = :handed_over_at
  where lot_id = :lot_id and status = 'PLANNED'
  returning lot_id
)

update campaign.attempt as a
set template = :template
from handed_over as h
where a.lot_id = h.lot_id and a.template is distinct from :template
