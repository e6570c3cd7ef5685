-- What became of the documents of one file, and of whom each is, where that is known. Grain: one document. Index: the key of reception.
select
  r.place,
  r.outcome,
  r.code,
  r.person_id
from documents.reception as r
where r.delivery_id = :delivery_id
order by r.place
