-- A lot was made again, identical, under its keys; one that the print house had refused is thereby handed over anew.
-- Idempotency: only a lot that was made again as often as :remakes changes. Index: the primary key.
update notices.print_lot
set
  remakes = remakes + 1,
  status = case status when 'REFUSED' then 'HANDED_OVER' else status end,
  refusal = null
where lot_id = :lot_id and remakes = :remakes
