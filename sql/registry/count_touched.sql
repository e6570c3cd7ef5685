-- How many known people this transaction changed, kept by department as well. Grain: one department of a delivery.
with people as (
  select distinct person_id
  from touched
),

kept as (
  insert into registry.delivery_department (delivery_id, department, changed)
  select
    :delivery_id,
    c.department,
    count(*)
  from people as p
  inner join registry.contact as c on p.person_id = c.person_id
  group by c.department
  order by c.department
  on conflict (delivery_id, department) do update
    set changed = registry.delivery_department.changed + excluded.changed
)

select count(*) as changed
from people
