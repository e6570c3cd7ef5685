-- Tells people that their record was updated where a document waits for an announcement visit since two weeks: one message a person and
-- day, which says nothing of the document. Grain: one document. Idempotency: `warned_on`. Index: document_hidden_from_patient, then the
-- accounts' primary key. Source: CSP R1111-53.
with waiting as (
  select
    d.person_id,
    d.document_id,
    a.campaign_id
  from documents.document as d
  inner join accounts.account as a on d.person_id = a.person_id and d.account_id = a.account_id and a.status = 'OPEN'
  where
    d.hidden_from_patient and d.status = 'CURRENT' and d.warned_on is null
    and d.stored_at < cast(:day as date) - 13
    and cast(d.stored_at at time zone 'Europe/Paris' as date) + 14 <= cast(:day as date)
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
