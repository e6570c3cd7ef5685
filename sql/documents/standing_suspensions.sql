-- What stands still, since when, by whom and why; of one feed (:feed) or of all (null). Grain: one suspension. Index:
-- one_suspension_a_part.
select
  f.name as feed,
  s.part,
  s.since,
  s.reason,
  w.actor as suspended_by
from documents.suspension as s
inner join documents.feed as f on s.feed_id = f.feed_id
inner join platform.unit_of_work as w on s.work_id = w.work_id
where s.lifted_by is null and (cast(:feed as text) is null or f.name = :feed)
order by f.name, s.part
