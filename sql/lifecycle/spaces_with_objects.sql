-- The spaces of a batch that have objects in the store, or may have: a document in the index, or one that was being written.
-- Grain: one space. Index: account_condemned, then the documents' primary key.
select cast(a.account_id as text) as account_id
from accounts.account as a
where
  a.condemned_by = :batch_id and a.status = 'PURGING'
  and (
    exists (select from documents.document as d where d.person_id = a.person_id and d.account_id = a.account_id)
    or exists (select from documents.upload as u where u.account_id = a.account_id)
  )
