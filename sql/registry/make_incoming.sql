-- What bodies that speak for people now say of them, inside one transaction. Grain: one person.
create temporary table incoming (
  like registry.second_affiliation,
  declared_died_on date,
  primary key (person_id)
) on commit drop
