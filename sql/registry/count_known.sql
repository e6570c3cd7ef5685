-- How many of the rows named are people whom the registry knows. Index: the identifiers' primary key.
select count(*) as known
from named as n
where
  exists (select from registry.identifier as i where i.matricule = n.matricule)
  or exists (select from registry.identifier as f where f.matricule = n.former_matricule)
