-- A lot whose files and manifest lie in the object store is handed over. Idempotency: only a PLANNED lot changes.
update notices.print_lot
set status = 'HANDED_OVER', pages = :pages, pdf_sha256 = :pdf_sha256, template = :template, handed_over_at = :handed_over_at
where lot_id = :lot_id and status = 'PLANNED'
