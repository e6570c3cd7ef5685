-- The ids that an abandoned delivery reserved, from the given one on, and gave nobody are given anew. Index: the persons' primary key.
update registry.last_person_id
set last_id = greatest((select max(person_id) from registry.person where person_id >= :first_id), :first_id - 1)
