-- Tells people that their record was updated where a document waits for an announcement visit since two weeks: one message a person and
-- day, which says nothing of the document. Where somebody else reads what the person is sent, nothing is told of what is hidden from them.
-- Grain: one document. Idempotency: `warned_on`. Index: document_hidden_from_patient, then the
-- accounts' primary key. Source: CSP R1111-53, L1111-5 (a minor's secret care).
with waiting as (
  select
    d.person_id,
    d.document_id,
    a.campaign_id
  from documents.document as d
  inner join accounts.account as a on d.person_id = a.person_id and d.account_id = a.account_id and a.status = 'OPEN'
  inner join registry.person as p on d.person_id = p.person_id
  where
    d.hidden_from_patient and d.status = 'CURRENT' and d.warned_on is null
    and d.stored_at < cast(:day as date) - 13
    and cast(d.stored_at at time zone 'Europe/Paris' as date) + 14 <= cast(:day as date)
    and not (
      d.hidden_from_representatives
      and (registry.is_minor(p.born_on, :day) or coalesce(p.protection = any(cast(:represented_by as text[])), false))
    )
),

warned as (
  update documents.document as d
  set warned_on = :day
  from waiting as w
  where d.person_id = w.person_id and d.document_id = w.document_id
)

insert into notices.message (person_id, campaign_id, subject, happened_on, work_id)
select distinct
  person_id,
  campaign_id,
  'record_updated',
  cast(:day as date),
  cast(:work_id as bigint)
from waiting
on conflict do nothing
