-- title: Registry rows received = quarantined + people new, changed and unchanged
-- Violations: a delivery whose own figures differ from its quarantine, as long as that is kept. Where: the insurance body.
with delivery as (
  select
    d.body,
    cast(d.counts ->> 'received' as bigint) as received,
    cast(d.counts ->> 'quarantined' as bigint) + cast(d.counts ->> 'newcomers' as bigint)
    + cast(d.counts ->> 'changed' as bigint) + cast(d.counts ->> 'unchanged' as bigint) as decided,
    cast(
      cast(d.counts ->> 'quarantined' as bigint)
      <> (select count(distinct row(q.file, q.line)) from registry.quarantine as q where q.delivery_id = d.delivery_id)
      and not d.is_quarantine_deleted as integer
    ) as differs
  from registry.delivery as d
  where d.status = 'TAKEN_IN'
)

select
  body,
  coalesce(sum(received), 0) as left_hand,
  coalesce(sum(decided), 0) as right_hand,
  coalesce(sum(differs), 0) as violations
from delivery
group by grouping sets ((), (body))
having grouping(body) = 1 or sum(received) <> sum(decided) or sum(differs) > 0
order by body nulls first
