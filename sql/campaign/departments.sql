-- The departments where people live and whose people were not all looked at within the last days, in the order in which they are told.
-- Index: contact_by_department, entered once a department.
with recursive department as (
  (
    select c.department as name
    from registry.contact as c
    order by c.department
    limit 1
  )
  union all
  select (
    select c.department
    from registry.contact as c
    where c.department > d.name
    order by c.department
    limit 1
  )
  from department as d
  where d.name is not null
)

select d.name as department
from department as d
where
  d.name is not null
  and not exists (
    select from campaign.told_department as t
    where t.campaign_id = :campaign_id and t.department = d.name and :day - t.told_on < :again_after_days
  )
order by d.name
