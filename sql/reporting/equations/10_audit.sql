-- title: Journeys and accounts = what the audit trail tells of them last
-- Violations: a status that the audit trail does not explain.
with told as (
  select distinct on (person_id, subject)
    person_id,
    subject,
    after
  from platform.audit
  where subject in ('journey', 'account')
  order by person_id asc, subject asc, audit_id desc
),

held as (
  select
    person_id,
    'journey' as subject,
    status::text as after
  from campaign.journey
  union all
  select
    person_id,
    'account',
    status
  from accounts.account
)

select
  (select count(*) from held) as left_hand,
  (select count(*) from told) as right_hand,
  count(*) filter (where h.after is distinct from t.after) as violations
from held as h
full join told as t on h.person_id = t.person_id and h.subject = t.subject
