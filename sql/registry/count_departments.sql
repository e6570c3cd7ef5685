-- Adds what one transaction brought to each department, given as parallel arrays. Grain: one department of a delivery.
insert into registry.delivery_department (delivery_id, department, newcomers)
select
  :delivery_id,
  given.department,
  given.newcomers
from unnest(cast(:departments as text[]), cast(:newcomers as bigint[])) as given (department, newcomers)
order by given.department
on conflict (delivery_id, department) do update
  set newcomers = registry.delivery_department.newcomers + excluded.newcomers
