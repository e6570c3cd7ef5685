-- The first rows in a delivery's quarantine. Grain: one row of a file. Index: the primary key.
select
  file,
  line,
  string_agg(reason || ' (' || column_name || ')', ', ' order by column_name, reason) as reasons,
  max(replayed_by) as replayed_by
from registry.quarantine
where delivery_id = :delivery_id
group by file, line
order by file, line
limit :most
