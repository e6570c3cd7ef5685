-- What every body says of the contested people, laid side by side: the body that spoke until now, unless it let
-- them go, and the one that delivers.
-- Grain: one person and body. Idempotency key: the primary key. Indexes: primary keys, identifier_of_person.
with named as (
  select
    t.person_id,
    r.rank,
    coalesce(r.awaited_matricule, max(i.matricule)) as matricule
  from contested as t
  inner join registry.representative as r on t.person_id = r.person_id
  left join registry.identifier as i on r.representative_id = i.person_id
  group by t.person_id, r.rank, r.awaited_matricule
),

declared as (
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
    first.matricule as representative_1,
    second.matricule as representative_2
  from contested as t
  inner join registry.contact as c on t.person_id = c.person_id and c.body <> :body
  inner join registry.person as p on t.person_id = p.person_id and not p.is_let_go
  left join named as first on t.person_id = first.person_id and first.rank = 1
  left join named as second on t.person_id = second.person_id and second.rank = 2
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

insert into registry.second_affiliation as a (
  person_id, body, office, affiliated_since, birth_name, used_name, first_names, birth_name_key, first_names_key,
  birthplace_code, protection, died_on, rights_end_on, email, address_2, address_3, address_4, address_5, postcode, town,
  department, address_flags, language, large_print, representative_1, representative_2
)
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
