-- Why files are in the quarantine: how many of each feed for each reason, how many of them somebody wished something for, and since when.
-- Grain: one reason of one feed. Index: the keys of quarantined, delivery and reception.
select
  h.feed,
  c.code,
  count(*) as files,
  count(h.wish) as wished,
  min(h.held_at) as since
from documents.held_file as h
cross join unnest(h.codes) as c (code)
where cast(:feed as text) is null or h.feed = :feed
group by h.feed, c.code
order by h.feed asc, count(*) desc, c.code asc
