-- Lets a feed, or its backlog, go on. Grain: one suspension. Index: one_suspension_a_part.
update documents.suspension as s
set lifted_by = :work_id, lifted_at = :as_of
from documents.feed as f
where f.name = :feed and s.feed_id = f.feed_id and s.part = :part and s.lifted_by is null
