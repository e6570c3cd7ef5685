-- Makes a feed, or its backlog, stand still from now on; one that does already is left as it is. Grain: one suspension.
insert into documents.suspension (work_id, feed_id, part, since, reason)
select
  :work_id,
  f.feed_id,
  :part,
  :as_of,
  :reason
from documents.feed as f
where f.name = :feed
on conflict do nothing
