-- The lots that are not handed over and hold letters that must not leave. Index: lot_unfinished, attempt_lot.
select distinct t.lot_id
from notices.letter_to_take_back as t
order by t.lot_id
