-- The questions about identity that wait for a person. Grain: one kind. Index: doubt_open.
select
  kind,
  count(*) as doubts,
  min(raised_on) as oldest
from registry.doubt
where status = 'OPEN'
group by kind
order by kind
