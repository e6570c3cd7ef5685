-- Spaces that could not be opened for a technical reason since before :before. Grain: one reason. Index: account_impossible.
select
  impossible_reason as place,
  count(*) as things,
  cast(min(impossible_since) as timestamp) at time zone 'Europe/Paris' as since
from accounts.account
where status = 'IMPOSSIBLE' and cast(impossible_since as timestamp) at time zone 'Europe/Paris' < :before
group by impossible_reason
order by impossible_reason
