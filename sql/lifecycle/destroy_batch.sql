-- Destroys what is left of a batch once its objects are gone: the index of its documents, and all that could identify a space. What was
-- destroyed is counted and its list digested, a line a space and a line a document, in order. People who live are told.
-- Grain: one batch. Idempotency: only PURGING spaces of the batch move. Index: account_condemned, then primary keys. Source: CSP R1111-36.
with condemned as (
  select
    person_id,
    account_id,
    campaign_id
  from accounts.account
  where condemned_by = :batch_id and status = 'PURGING'
),

destroyed_documents as (
  delete from documents.document as d
  using condemned as c
  where d.person_id = c.person_id and d.account_id = c.account_id
  returning d.account_id, d.sha256, d.size_bytes
),

destroyed_uploads as (
  delete from documents.upload as u
  using condemned as c
  where u.account_id = c.account_id
),

destroyed_records as (
  delete from accounts.existing_record as r
  using condemned as c
  where r.person_id = c.person_id
),

purged as (
  update accounts.account as a
  set status = 'PURGED', record_no = null, managed_by = null
  from condemned as c
  where a.person_id = c.person_id and a.account_id = c.account_id
),

told as (
  insert into notices.message (person_id, campaign_id, subject, happened_on, work_id)
  select
    c.person_id,
    c.campaign_id,
    'purge',
    :day,
    platform.current_work()
  from condemned as c
  inner join registry.person as p on c.person_id = p.person_id and p.died_on is null
  on conflict do nothing
),

list as (
  select cast(account_id as text) as line
  from condemned
  union all
  select cast(account_id as text) || '/' || encode(sha256, 'hex') as line
  from destroyed_documents
),

counted as (
  select
    count(*) as documents,
    coalesce(sum(size_bytes), 0) as bytes
  from destroyed_documents
),

certified as (
  update lifecycle.destruction as b
  set
    destroyed_on = :day,
    documents = c.documents,
    bytes = c.bytes,
    list_sha256 = (
      select encode(sha256(convert_to(coalesce(string_agg(l.line, e'\n' order by l.line), ''), 'UTF8')), 'hex') from list as l
    )
  from counted as c
  where b.batch_id = :batch_id and b.destroyed_on is null
)

select
  (select count(*) from condemned) as accounts,
  documents
from counted
