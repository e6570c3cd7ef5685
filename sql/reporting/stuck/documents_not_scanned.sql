-- Documents taken in without a virus scan that nobody made up for since before :before. Grain: one feed. Index: reception_not_scanned,
-- then document's key.
select
  f.name as place,
  count(*) as things,
  min(w.as_of) as since
from documents.reception as r
inner join documents.delivery as v on r.delivery_id = v.delivery_id
inner join documents.feed as f on v.feed_id = f.feed_id
inner join platform.unit_of_work as w on r.work_id = w.work_id
where r.outcome = 'STORED' and r.scanned_with is null and w.as_of < :before
group by f.name
order by f.name
