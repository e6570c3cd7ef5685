-- People whom no body names any more: their rights ended at the latest on the reference date, and what the body that spoke said of
-- them counts no longer beside another body's word. Grain: one person. Idempotency: only who was not let go. Index: primary keys.
with let_go as (
  update registry.person as p
  set
    is_let_go = true,
    rights_end_on = case when p.died_on is null then least(p.rights_end_on, cast(:reference_date as date)) else p.rights_end_on end
  from departed as d
  inner join registry.contact as c on d.person_id = c.person_id and c.body = :body
  inner join registry.person as before on d.person_id = before.person_id
  where
    p.person_id = d.person_id and not p.is_let_go
    and not exists (select from registry.second_affiliation as a where a.person_id = p.person_id)
  returning p.person_id, c.department, p.rights_end_on < coalesce(before.rights_end_on, 'infinity') as has_left
),

noted as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select
    person_id,
    'LEFT',
    :reference_date,
    :work_id
  from let_go
  where has_left
  on conflict do nothing
),

kept as (
  insert into registry.delivery_department (delivery_id, department, departed)
  select
    :delivery_id,
    department,
    count(*)
  from let_go
  where has_left
  group by department
  order by department
  on conflict (delivery_id, department) do update
    set departed = registry.delivery_department.departed + excluded.departed
)

select count(*) as departed
from let_go
where has_left
