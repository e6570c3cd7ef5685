-- The identity of a person, for whoever decides on a doubt. Index: the primary key.
select
  birth_name,
  used_name,
  first_names,
  birth_name_key,
  first_names_key,
  sex,
  birth_date,
  birthplace_code,
  died_on
from registry.person
where person_id = :person_id
