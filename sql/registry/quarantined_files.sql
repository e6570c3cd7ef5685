-- How many rows of each file of a delivery are in the quarantine and did not come back corrected yet. Grain: one file.
-- Index: the primary key.
select
  file,
  count(distinct line) as lines
from registry.quarantine
where delivery_id = :delivery_id and replayed_by is null
group by file
order by file
