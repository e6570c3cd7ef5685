-- Documents of a feed that were stored while no virus scanner answered. Grain: one received document. Index: reception_not_scanned, then
-- document's key.
select
  r.delivery_id,
  r.place,
  r.person_id,
  r.document_id,
  d.account_id,
  d.sha256
from documents.reception as r
inner join documents.delivery as f on r.delivery_id = f.delivery_id
inner join documents.document as d on r.person_id = d.person_id and r.document_id = d.document_id
where r.outcome = 'STORED' and r.scanned_with is null and f.feed_id = :feed_id
order by r.delivery_id, r.place
limit :most
