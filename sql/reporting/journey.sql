-- One person's journey, oldest first: what the audit trail recorded, with how and to whom a notice went and by which way an opposition
-- came, the facts of the registry, and the messages that left. Grain: one step. Index: the primary keys, by person; that of messages.
with told as (
  select
    audit_id,
    work_id,
    occurred_at,
    subject,
    after,
    reason,
    coalesce(detail, '{}') as detail
  from platform.audit
  where person_id = :person_id
  union all
  select
    0,
    f.work_id,
    u.as_of,
    'fact',
    f.kind,
    null,
    jsonb_build_object('happened_on', f.happened_on)
  from registry.fact as f
  inner join platform.unit_of_work as u on f.work_id = u.work_id
  where f.person_id = :person_id
  union all
  select
    0,
    m.work_id,
    coalesce(a.sent_at, cast(a.sent_on as timestamp) at time zone 'Europe/Paris'),
    'message',
    a.subject,
    null,
    jsonb_build_object('campaign', a.campaign_id, 'attempt', a.attempt_no)
  from campaign.attempt as a
  inner join notices.message as m on a.message_id = m.message_id
  where a.person_id = :person_id and a.sent_on is not null
)

select
  t.occurred_at,
  t.subject,
  t.after,
  t.reason,
  t.detail || jsonb_strip_nulls(
    jsonb_build_object(
      'channel', coalesce(n.channel, o.channel),
      'recipient', case when n.recipient_id = n.person_id then 'SELF' when n.recipient_id is not null then 'REPRESENTATIVE' end,
      'template', case when t.after <> 'PLANNED' then n.template end,
      'received_at', o.received_at,
      'receipt', o.receipt
    )
  ) as detail,
  u.step,
  u.actor
from told as t
left join platform.unit_of_work as u on t.work_id = u.work_id
left join campaign.attempt as n
  on
    (t.subject = 'message' or (t.subject = 'journey' and t.after in ('PLANNED', 'NOTIFIED'))) and n.person_id = :person_id
    and n.campaign_id = cast(t.detail ->> 'campaign' as smallint) and n.attempt_no = cast(t.detail ->> 'attempt' as smallint)
left join oppositions.opposition as o
  on
    t.subject = 'journey' and t.after = 'OPPOSED' and o.person_id = :person_id
    and o.campaign_id = cast(t.detail ->> 'campaign' as smallint)
order by t.occurred_at, t.work_id, t.subject <> 'journey', t.audit_id
