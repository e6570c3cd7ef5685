-- title: Journeys and accounts = what the audit trail tells of them last
-- Of several spaces of one person the one that is not destroyed. Violations: a status that the audit trail does not explain.
-- Where: body and department, journeys and accounts apart.
with told as (
  select distinct on (person_id, subject)
    person_id,
    subject,
    after
  from platform.audit
  where subject in ('journey', 'account') and after <> 'DELETION_ASKED'
  order by person_id asc, subject asc, audit_id desc
),

held as (
  select
    person_id,
    'journey' as subject,
    status::text as after
  from campaign.journey
  union all
  (
    select distinct on (person_id)
      person_id,
      'account',
      status
    from accounts.account
    order by person_id asc, status = 'PURGED' asc, opened_on desc
  )
),

placed as (
  select
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department,
    coalesce(h.subject, t.subject) as subject,
    cast(h.person_id is not null as integer) as left_hand,
    cast(t.person_id is not null as integer) as right_hand,
    cast(h.after is distinct from t.after as integer) as violations
  from held as h
  full join told as t on h.person_id = t.person_id and h.subject = t.subject
  left join registry.contact as c on coalesce(h.person_id, t.person_id) = c.person_id
)

select
  body,
  department,
  subject,
  coalesce(sum(left_hand), 0) as left_hand,
  coalesce(sum(right_hand), 0) as right_hand,
  coalesce(sum(violations), 0) as violations
from placed
group by grouping sets ((), (body, department, subject))
having grouping(body) = 1 or sum(left_hand) <> sum(right_hand) or sum(violations) > 0
order by body nulls first, department, subject
