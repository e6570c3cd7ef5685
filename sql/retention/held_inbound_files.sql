-- Of keys of files that partners sent, those that stay although their time is over: nothing was decided on the file, a day of its channel
-- is not known whole because of it, or a death that it reports waits for a person. Grain: one key. Index: the inbound files' unique key.
with given as (
  select
    k.key,
    split_part(k.key, '/taken/', 1) as kind,
    substr(k.key, strpos(k.key, '/taken/') + 7) as name
  from unnest(cast(:keys as text[])) as k (key)
),

waiting as (
  select
    'oppositions/' || o.channel as kind,
    o.object_key as name
  from oppositions.open_days('{}', date '2022-01-01', date '2100-01-01') as o
)

select g.key
from given as g
where
  not exists (select from platform.inbound_file as f where f.kind = g.kind and f.object_key = g.name)
  or exists (select from waiting as w where w.kind = g.kind and w.name = g.name)
  or exists (
    select from registry.doubt as d
    where d.status = 'OPEN' and d.kind = 'DEATH' and g.kind = 'deaths' and starts_with(d.subject, g.name || ':')
  )
