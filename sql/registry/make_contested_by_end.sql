-- The people whose rights, as the body that speaks tells, ended after the last day for which this was asked, up to the given one, and for
-- whom another body has a word, inside one transaction. Grain: one person. Idempotency: a day is a unit of work.
-- Index: person_rights_ending, the primary key of second affiliations, the ledger's unique key.
create temporary table contested on commit drop as
with last_asked as (
  select coalesce(max(cast(unit as date)), '-infinity') as day
  from platform.unit_of_work
  where step = 'let_others_speak' and unit < :unit
)

select p.person_id
from registry.person as p
where
  p.rights_end_on > (select l.day from last_asked as l)
  and p.rights_end_on <= :day
  and not p.is_let_go
  and exists (select from registry.second_affiliation as a where a.person_id = p.person_id)
