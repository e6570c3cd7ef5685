-- Between which two numbers lie the facts that were not followed (`registry.facts_noted`), and through which day ends of rights were: from
-- where the last run stopped, or from the beginning in a database whose numbers began anew. Index: the ledger's unique key.
select
  s.up_to,
  coalesce(cast(l.counts ->> 'facts_read' as bigint), 0) as after,
  coalesce(cast(l.as_of at time zone 'Europe/Paris' as date), date '2000-01-01') as followed_through
from (select platform.settled() as up_to) as s
left join
  lateral (
    select
      u.counts,
      u.as_of
    from platform.unit_of_work as u
    where u.step = 'follow_registry' and cast(u.counts ->> 'facts_read' as bigint) <= s.up_to
    order by u.as_of desc
    limit 1
  ) as l
  on true
