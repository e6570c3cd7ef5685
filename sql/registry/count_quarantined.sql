-- How many rows of a delivery are in the quarantine, and how many of them came back corrected. Index: the primary key.
select
  count(distinct row(file, line)) as lines,
  count(distinct row(file, line)) filter (where replayed_by is not null) as replayed
from registry.quarantine
where delivery_id = :delivery_id
