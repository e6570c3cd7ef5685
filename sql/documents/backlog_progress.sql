-- How far the backlogs of feeds are drained, by their slices since :since: how many files, how many of them after the first slice, from
-- when to when, and how many were left at the last. Grain: one feed. Index: backlog_slice_of_feed.
select
  f.name as feed,
  sum(s.files) as files,
  sum(s.files) - (array_agg(s.files order by s.drained_at, s.work_id))[1] as files_since_first,
  min(s.drained_at) as first_at,
  max(s.drained_at) as last_at,
  (array_agg(s.left_over order by s.drained_at desc, s.work_id desc))[1] as left_over
from documents.backlog_slice as s
inner join documents.feed as f on s.feed_id = f.feed_id
where s.drained_at > :since
group by f.name
order by f.name
