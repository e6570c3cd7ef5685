-- Of keys of deliveries, those that stay although their time is over: the delivery is not settled, it is the newest full one of its body,
-- or an identity that it put in doubt waits for a person. Grain: one key. Index: the deliveries' key; doubts that are open are few.
with given as (
  select
    k.key,
    regexp_replace(k.key, '/[^/]+$', '') as folder
  from unnest(cast(:keys as text[])) as k (key)
),

latest as (
  select distinct on (d.folder)
    d.folder,
    d.body,
    d.kind,
    d.status,
    d.reference_date
  from registry.delivery as d
  where d.folder in (select g.folder from given as g)
  order by d.folder asc, d.delivery_id desc
)

select g.key
from given as g
left join latest as l on g.folder = l.folder
where
  l.folder is null
  or l.status not in ('TAKEN_IN', 'REFUSED', 'ABANDONED')
  or (
    l.status = 'TAKEN_IN' and l.kind = 'full'
    and not exists (
      select from registry.delivery as n
      where n.body = l.body and n.kind = 'full' and n.status = 'TAKEN_IN' and n.reference_date > l.reference_date
    )
  )
  or exists (select from registry.doubt as d where d.status = 'OPEN' and starts_with(d.subject, g.folder || '/'))
