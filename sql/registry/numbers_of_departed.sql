-- The numbers of people who have several, of those whom a delivery seems not to name. Grain: one number. Index: identifier_of_person.
select
  d.person_id,
  i.matricule
from departed as d
inner join registry.identifier as i on d.person_id = i.person_id
where exists (select from registry.identifier as o where o.person_id = i.person_id and o.matricule <> i.matricule)
