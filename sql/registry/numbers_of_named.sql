-- Every number of the people whom some numbers name, given as parallel arrays with the line that gives each. Grain: one line and number.
-- Index: the identifiers' primary key, identifier_of_person.
select
  given.line,
  other.matricule
from unnest(cast(:lines as bigint[]), cast(:matricules as text[])) as given (line, matricule)
inner join registry.identifier as named on given.matricule = named.matricule
inner join registry.identifier as other on named.person_id = other.person_id
