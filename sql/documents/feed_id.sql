-- The small number of a feed. Index: the unique key.
select feed_id
from documents.feed
where name = :name
