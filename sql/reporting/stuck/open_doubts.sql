-- Questions about identity that wait for a person since before :before: those concerned are neither told nor opened. Grain: one kind.
-- Index: doubt_open.
select
  kind as place,
  count(*) as things,
  cast(min(raised_on) as timestamp) at time zone 'Europe/Paris' as since
from registry.doubt
where status = 'OPEN' and cast(raised_on as timestamp) at time zone 'Europe/Paris' < :before
group by kind
order by kind
