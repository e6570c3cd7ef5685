-- What every body says of the contested people, laid side by side: the body that spoke until now, and the one that delivers.
-- Grain: one person and body. Idempotency key: the primary key. Indexes: primary keys, identifier_of_person.
with declared as (
  select
    p.person_id,
    c.body,
    c.office,
    c.affiliated_since,
    p.birth_name,
    p.used_name,
    p.first_names,
    p.birth_name_key,
    p.first_names_key,
    p.birthplace_code,
    p.protection,
    p.declared_died_on as died_on,
    p.rights_end_on,
    c.email,
    c.address_2,
    c.address_3,
    c.address_4,
    c.address_5,
    c.postcode,
    c.town,
    c.department,
    c.address_flags,
    c.language,
    c.large_print,
    (select coalesce(r.awaited_matricule, (select max(i.matricule) from registry.identifier as i where i.person_id = r.representative_id)) from registry.representative as r where r.person_id = p.person_id and r.rank = 1) as representative_1,
    (select coalesce(r.awaited_matricule, (select max(i.matricule) from registry.identifier as i where i.person_id = r.representative_id)) from registry.representative as r where r.person_id = p.person_id and r.rank = 2) as representative_2
  from contested as t
  inner join registry.contact as c on t.person_id = c.person_id and c.body <> :body
  inner join registry.person as p on t.person_id = p.person_id
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

merge into registry.second_affiliation as a
using declared as d
  on a.person_id = d.person_id and a.body = d.body
when matched then
  update set
    office = d.office, affiliated_since = d.affiliated_since, birth_name = d.birth_name, used_name = d.used_name,
    first_names = d.first_names, birth_name_key = d.birth_name_key, first_names_key = d.first_names_key,
    birthplace_code = d.birthplace_code, protection = d.protection, died_on = d.died_on, rights_end_on = d.rights_end_on,
    email = d.email, address_2 = d.address_2, address_3 = d.address_3, address_4 = d.address_4, address_5 = d.address_5,
    postcode = d.postcode, town = d.town, department = d.department, address_flags = d.address_flags, language = d.language,
    large_print = d.large_print, representative_1 = d.representative_1, representative_2 = d.representative_2
when not matched then
  insert (
    person_id, body, office, affiliated_since, birth_name, used_name, first_names, birth_name_key, first_names_key,
    birthplace_code, protection, died_on, rights_end_on, email, address_2, address_3, address_4, address_5, postcode, town,
    department, address_flags, language, large_print, representative_1, representative_2
  )
  values (
    d.person_id, d.body, d.office, d.affiliated_since, d.birth_name, d.used_name, d.first_names, d.birth_name_key,
    d.first_names_key, d.birthplace_code, d.protection, d.died_on, d.rights_end_on, d.email, d.address_2, d.address_3,
    d.address_4, d.address_5, d.postcode, d.town, d.department, d.address_flags, d.language, d.large_print,
    d.representative_1, d.representative_2
  )
