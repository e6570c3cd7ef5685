-- The person of a matricule. Index: the identifiers' primary key.
select i.person_id
from registry.identifier as i
inner join registry.person as p on i.person_id = p.person_id
where i.matricule = :matricule
