-- The rows in the quarantine that lie in one portion of a file and did not come back corrected yet. Grain: one row of the file.
-- Index: the primary key.
select
  line,
  string_agg(reason || ' (' || column_name || ')', ', ' order by column_name, reason) as reasons
from registry.quarantine
where delivery_id = :delivery_id and file = :file and line between :first_line and :last_line and replayed_by is null
group by line
order by line
