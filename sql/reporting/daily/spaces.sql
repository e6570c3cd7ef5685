-- Where the spaces stand. Grain: one status. Index: none serves it; every space is read once a day.
select
  status,
  count(*) as spaces
from accounts.account
group by status
order by status
