-- The lots that may be handed to the print house now, by whatever run they were gathered: what a killed run left is taken up too, what
-- is paused waits. `lot_id` null asks for all.
select t.lot_id
from notices.lot_to_produce(:content) as t
where t.lot_id = :lot_id or cast(:lot_id as bigint) is null
order by t.lot_id
