-- The people who came of age after the last day that was noted, up to the given one, as facts of their eighteenth anniversaries (that of
-- a 29 February on 28 February). Who died before is left out. Grain: one person. Idempotency: a day is a unit of work, the primary key.
-- Index: person_coming_of_age, the ledger's unique key. 18 years are taken off with two days to spare, then added exactly.
with last_noted as (
  select coalesce(max(cast(unit as date)), cast(:day as date) - 1) as day
  from platform.unit_of_work
  where step = 'note_majorities' and unit < :unit
)

insert into registry.fact (person_id, kind, happened_on, work_id)
select
  p.person_id,
  'CAME_OF_AGE',
  cast(p.born_on + interval '18 years' as date),
  :work_id
from registry.person as p
where
  p.born_on >= date '2004-01-01'
  and p.born_on > (select cast(n.day - interval '18 years 2 days' as date) from last_noted as n)
  and p.born_on <= cast(cast(:day as date) - interval '18 years -2 days' as date)
  and cast(p.born_on + interval '18 years' as date) > (select n.day from last_noted as n)
  and cast(p.born_on + interval '18 years' as date) <= :day
  and (p.died_on is null or p.died_on >= cast(p.born_on + interval '18 years' as date))
on conflict do nothing
