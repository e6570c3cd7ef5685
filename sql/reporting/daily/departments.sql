-- What the latest full or delta delivery of each insurance body brought to each department. Grain: one body and department.
-- Index: the primary key of delivery_department.
with latest as (
  select
    body,
    max(delivery_id) as delivery_id
  from registry.delivery
  where status = 'TAKEN_IN' and kind <> 'correction'
  group by body
)

select
  l.body,
  d.department,
  d.newcomers,
  d.changed,
  d.departed
from latest as l
inner join registry.delivery_department as d on l.delivery_id = d.delivery_id
order by l.body, d.department
