-- The people staged for whom only this body has a word. Grain: one person.
insert into incoming (
  person_id, body, office, affiliated_since, birth_name, used_name, first_names, birth_name_key, first_names_key,
  birthplace_code, protection, died_on, rights_end_on, email, address_2, address_3, address_4, address_5, postcode, town,
  department, address_flags, language, large_print, representative_1, representative_2, declared_died_on
)
select
  s.person_id,
  :body,
  s.office,
  s.affiliated_since,
  s.birth_name,
  s.used_name,
  s.first_names,
  s.birth_name_key,
  s.first_names_key,
  s.birthplace_code,
  s.protection,
  s.died_on,
  s.rights_end_on,
  s.email,
  s.address_2,
  s.address_3,
  s.address_4,
  s.address_5,
  s.postcode,
  s.town,
  coalesce(s.department, 'ZZ'),
  s.address_flags,
  s.language,
  s.large_print,
  s.representative_1,
  s.representative_2,
  s.died_on as declared_died_on
from staged as s
where not exists (select from contested as c where c.person_id = s.person_id)
