-- Keeps which letters of a lot were damaged and printed again. Grain: one letter, given by its sequence. Idempotency: the unit of work.
insert into notices.reprint (lot_id, sequence, work_id)
select
  :lot_id,
  unnest(cast(:sequences as integer[])),
  :work_id
