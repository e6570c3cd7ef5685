-- What a delivery's quarantine holds, by reason and column: the report to its sender. Index: the primary key.
select
  reason,
  column_name,
  count(*) as rows
from registry.quarantine
where delivery_id = :delivery_id
group by reason, column_name
order by reason, column_name
