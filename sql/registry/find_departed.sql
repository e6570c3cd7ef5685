-- The people behind the matricules gone, inside one transaction. Grain: one person. Index: the identifiers' primary key.
create temporary table departed on commit drop as
select distinct i.person_id
from gone as g
inner join registry.identifier as i on g.matricule = i.matricule
