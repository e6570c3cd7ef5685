-- Which of the rows named are people whom the registry knows, by their number or by their former one.
-- Grain: one row named. Index: the identifiers' primary key.
select
  n."row",
  i.person_id,
  f.person_id as former_person_id
from named as n
left join registry.identifier as i on n.matricule = i.matricule
left join registry.identifier as f on n.former_matricule = f.matricule
where i.person_id is not null or f.person_id is not null
order by n."row"
