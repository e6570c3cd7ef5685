-- Notes whose record received something on a day: each is told of it once. Grain: one person and day. Idempotency key: the same.
insert into documents.alert (person_id, day)
select distinct
  g.person_id,
  cast(:day as date)
from unnest(cast(:person_ids as bigint[])) as g (person_id)
order by g.person_id
on conflict do nothing
