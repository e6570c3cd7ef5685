-- title: Spaces that the audit trail tells closed, suspended, condemned or destroyed = of these, those of which nothing can be read
-- Violations: one of which a document can be read. Of several spaces of one person the last that the trail tells of.
-- Where: body and department.
with told as (
  select distinct on (person_id)
    person_id,
    after
  from platform.audit
  where subject = 'account' and after <> 'DELETION_ASKED'
  order by person_id asc, audit_id desc
),

looked_at as (
  select
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department,
    exists(select from documents.readable_document as d where d.person_id = t.person_id) as can_be_read
  from told as t
  left join registry.contact as c on t.person_id = c.person_id
  where t.after <> 'OPEN'
)

select
  body,
  department,
  count(*) as left_hand,
  count(*) filter (where not can_be_read) as right_hand,
  count(*) filter (where can_be_read) as violations
from looked_at
group by grouping sets ((), (body, department))
having grouping(body) = 1 or count(*) filter (where can_be_read) > 0
order by body nulls first, department
