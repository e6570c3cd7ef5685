-- Says again of how many documents files are made: a reader that was mended may find more in a file than it did. Grain: one file.
-- Index: the keys of delivery and reception.
update documents.delivery as d
set documents = (select count(*) from documents.reception as r where r.delivery_id = d.delivery_id)
where d.delivery_id = any(cast(:delivery_ids as uuid[]))
