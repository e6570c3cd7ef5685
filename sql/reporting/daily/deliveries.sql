-- The latest full or delta delivery taken in from each insurance body, and the one of the same kind before it. Grain: one body and
-- place; place 1 is the latest, 2 the one before. Index: none serves the table of deliveries; the quarantine's primary key.
with latest as (
  select distinct on (body)
    body,
    kind
  from registry.delivery
  where status = 'TAKEN_IN' and kind <> 'correction'
  order by body asc, delivery_id desc
),

placed as (
  select
    d.*,
    row_number() over (partition by d.body order by d.delivery_id desc) as place
  from latest as l
  inner join registry.delivery as d on l.body = d.body and l.kind = d.kind
  where d.status = 'TAKEN_IN'
)

select
  body,
  place,
  kind,
  reference_date,
  cast(counts ->> 'received' as bigint) as received,
  cast(counts ->> 'received' as bigint) - cast(counts ->> 'quarantined' as bigint) as accepted,
  cast(counts ->> 'newcomers' as bigint) as newcomers,
  cast(counts ->> 'changed' as bigint) as changed,
  cast(counts ->> 'unchanged' as bigint) as unchanged,
  cast(counts ->> 'departed' as bigint) as departed,
  cast(counts ->> 'quarantined' as bigint) as quarantined,
  (
    select count(distinct row(q.file, q.line))
    from registry.quarantine as q
    where q.delivery_id = placed.delivery_id and q.replayed_by is not null
  ) as corrected,
  cast(counts ->> 'doubtful' as bigint) as doubtful,
  cast(as_of at time zone 'Europe/Paris' as date) as taken_in_on
from placed
where place <= 2
order by body, place
