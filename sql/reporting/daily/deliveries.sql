-- The latest delivery taken in from each insurance body. Grain: one body. Index: one_delivery_a_body_and_date.
select distinct on (body)
  body,
  kind,
  reference_date,
  cast(counts ->> 'received' as bigint) as rows_received,
  cast(counts ->> 'quarantined' as bigint) as rows_quarantined,
  cast(counts ->> 'newcomers' as bigint) as persons_new,
  cast(counts ->> 'changed' as bigint) as persons_changed,
  cast(counts ->> 'unchanged' as bigint) as persons_unchanged,
  cast(counts ->> 'departed' as bigint) as persons_departed,
  cast(counts ->> 'doubtful' as bigint) as doubtful,
  cast(as_of at time zone 'Europe/Paris' as date) as taken_in_on
from registry.delivery
where status = 'TAKEN_IN'
order by body asc, delivery_id desc
