-- Lays what every body says of two people who are one under the id that stays. Of two words of one body the newest affiliation
-- counts, then the person who came later, under the number that the body uses now. Grain: one body. Index: the primary key.
insert into registry.second_affiliation (
  person_id, body, office, affiliated_since, birth_name, used_name, first_names, birth_name_key, first_names_key,
  birthplace_code, protection, died_on, rights_end_on, email, address_2, address_3, address_4, address_5, postcode, town,
  department, address_flags, language, large_print, representative_1, representative_2
)
select distinct on (body)
  :kept,
  body,
  office,
  affiliated_since,
  birth_name,
  used_name,
  first_names,
  birth_name_key,
  first_names_key,
  birthplace_code,
  protection,
  died_on,
  rights_end_on,
  email,
  address_2,
  address_3,
  address_4,
  address_5,
  postcode,
  town,
  department,
  address_flags,
  language,
  large_print,
  representative_1,
  representative_2
from declared
order by body asc, affiliated_since desc, person_id desc
