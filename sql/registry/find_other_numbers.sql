-- The other numbers of the people whom the rows named are about: two rows of a delivery may name one person.
-- Grain: one row named and one number. Index: the identifiers' primary key, identifier_of_person.
select
  n."row",
  o.matricule
from named as n
inner join registry.identifier as i on n.matricule = i.matricule
inner join registry.identifier as o on i.person_id = o.person_id
where o.matricule <> n.matricule and o.matricule is distinct from n.former_matricule
union all
select
  n."row",
  o.matricule
from named as n
inner join registry.identifier as f on n.former_matricule = f.matricule
inner join registry.identifier as o on f.person_id = o.person_id
where
  o.matricule <> n.matricule and o.matricule <> n.former_matricule
  and not exists (select from registry.identifier as i where i.matricule = n.matricule)
