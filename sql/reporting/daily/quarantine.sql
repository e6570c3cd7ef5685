-- Why rows of the latest full or delta delivery of each body were quarantined. Grain: one body and reason; a row may have several reasons.
-- Index: the quarantine's primary key, by delivery_id.
with latest as (
  select
    body,
    max(delivery_id) as delivery_id
  from registry.delivery
  where status = 'TAKEN_IN' and kind <> 'correction'
  group by body
)

select
  l.body,
  q.reason,
  count(distinct row(q.file, q.line)) as lines
from latest as l
inner join registry.quarantine as q on l.delivery_id = q.delivery_id
group by l.body, q.reason
order by l.body, q.reason
