-- Adds what one transaction brought to each department, given as parallel arrays. Grain: one department of a delivery.
insert into registry.delivery_department (delivery_id, department, newcomers, changed)
select
  :delivery_id,
  given.department,
  given.newcomers,
  given.changed
from
  unnest(
    cast(:departments as text[]), cast(:newcomers as bigint[]), cast(:changed as bigint[])
  ) as given (department, newcomers, changed)
order by given.department collate "C"
on conflict (delivery_id, department) do update
  set
    newcomers = registry.delivery_department.newcomers + excluded.newcomers,
    changed = registry.delivery_department.changed + excluded.changed
