-- People whom no body names any more: their rights ended at the latest on the reference date. Grain: one person.
-- Idempotency: only who has no end of rights yet. Index: primary keys.
with let_go as (
  update registry.person as p
  set rights_end_on = :reference_date
  from departed as d
  inner join registry.contact as c on d.person_id = c.person_id and c.body = :body
  where
    p.person_id = d.person_id and p.rights_end_on is null and p.died_on is null
    and not exists (select from registry.second_affiliation as a where a.person_id = p.person_id)
  returning p.person_id, c.department
),

noted as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select
    person_id,
    'LEFT',
    :reference_date,
    :work_id
  from let_go
  on conflict do nothing
),

kept as (
  insert into registry.delivery_department (delivery_id, department, departed)
  select
    :delivery_id,
    department,
    count(*)
  from let_go
  group by department
  order by department
  on conflict (delivery_id, department) do update
    set departed = registry.delivery_department.departed + excluded.departed
)

select count(*) as departed
from let_go
