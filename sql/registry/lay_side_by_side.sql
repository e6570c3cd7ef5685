-- What every body says of the contested people, laid side by side: the body that spoke until now, unless it let
-- them go, and the one that delivers.
-- Grain: one person and body. Idempotency key: the primary key. Indexes: primary keys, identifier_of_person.
with declared as (
  select w.*
  from contested as t
  inner join registry.spoken as w on t.person_id = w.person_id and w.body <> :body
  union all
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
    s.representative_2
  from contested as t
  inner join staged as s on t.person_id = s.person_id
)

insert into registry.second_affiliation as a
select *
from declared
on conflict (person_id, body) do update
  set
    office = excluded.office, affiliated_since = excluded.affiliated_since, birth_name = excluded.birth_name,
    used_name = excluded.used_name, first_names = excluded.first_names, birth_name_key = excluded.birth_name_key,
    first_names_key = excluded.first_names_key, birthplace_code = excluded.birthplace_code, protection = excluded.protection,
    died_on = excluded.died_on, rights_end_on = excluded.rights_end_on, email = excluded.email,
    address_2 = excluded.address_2, address_3 = excluded.address_3, address_4 = excluded.address_4,
    address_5 = excluded.address_5, postcode = excluded.postcode, town = excluded.town,
    department = excluded.department, address_flags = excluded.address_flags, language = excluded.language,
    large_print = excluded.large_print, representative_1 = excluded.representative_1, representative_2 = excluded.representative_2
  where
  (
    a.office, a.affiliated_since, a.birth_name, a.used_name, a.first_names, a.birth_name_key, a.first_names_key,
    a.birthplace_code, a.protection, a.died_on, a.rights_end_on, a.email, a.address_2, a.address_3, a.address_4, a.address_5,
    a.postcode, a.town, a.department, a.address_flags, a.language, a.large_print, a.representative_1, a.representative_2
  ) is distinct from (
    excluded.office, excluded.affiliated_since, excluded.birth_name, excluded.used_name, excluded.first_names,
    excluded.birth_name_key, excluded.first_names_key, excluded.birthplace_code, excluded.protection, excluded.died_on,
    excluded.rights_end_on, excluded.email, excluded.address_2, excluded.address_3, excluded.address_4, excluded.address_5,
    excluded.postcode, excluded.town, excluded.department, excluded.address_flags, excluded.language, excluded.large_print,
    excluded.representative_1, excluded.representative_2
  )
