-- The death of a person that the civil register tells of and that stands, and whether a body's own delivery says that the person
-- died. Index: primary keys.
select
  c.died_on,
  (
    p.declared_died_on is not null
    or exists (select from registry.second_affiliation as s where s.person_id = c.person_id and s.died_on is not null)
  ) as body_agrees
from registry.civil_death as c
inner join registry.person as p on c.person_id = p.person_id
where c.person_id = :person_id and c.reversed_by is null
