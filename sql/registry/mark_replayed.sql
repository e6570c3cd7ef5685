-- Rows of the quarantine that came back corrected. Grain: one row and fault; rows are given as parallel arrays. Index: the primary key.
update registry.quarantine as q
set replayed_by = :replayed_by
from unnest(cast(:files as text[]), cast(:lines as bigint[])) as given (file, line)
where q.delivery_id = :delivery_id and q.file = given.file and q.line = given.line
