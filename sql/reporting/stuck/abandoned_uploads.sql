-- Objects of documents that a run was about to index before :before, that no run ended and no sweep took. Index: upload_begun.
select
  'uploads' as place,
  count(*) as things,
  min(begun_at) as since
from documents.upload
where begun_at < :before
having count(*) > 0
