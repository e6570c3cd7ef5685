-- Of all that bodies say of a contested person, the newest affiliation speaks, one whose rights have ended only where all have; the
-- body's code breaks a tie: the order in which deliveries come changes nothing. What speaks leaves the others; it is taken up
-- (`incoming`) unless it spoke already and nobody tells a death.
-- Grain: one contested person. Index: primary keys.
with best as (
  select distinct on (a.person_id) a.*
  from contested as t
  inner join registry.second_affiliation as a on t.person_id = a.person_id
  order by a.person_id asc, a.rights_end_on is not null and a.rights_end_on <= :reference_date, a.affiliated_since desc, a.body desc
),

taken as (
  delete from registry.second_affiliation as a
  using best as b
  where a.person_id = b.person_id and a.body = b.body
)

insert into incoming (
  person_id, body, office, affiliated_since, birth_name, used_name, first_names, birth_name_key, first_names_key,
  birthplace_code, protection, died_on, rights_end_on, email, address_2, address_3, address_4, address_5, postcode, town,
  department, address_flags, language, large_print, representative_1, representative_2, declared_died_on
)
select
  b.person_id,
  b.body,
  b.office,
  b.affiliated_since,
  b.birth_name,
  b.used_name,
  b.first_names,
  b.birth_name_key,
  b.first_names_key,
  b.birthplace_code,
  b.protection,
  b.died_on,
  b.rights_end_on,
  b.email,
  b.address_2,
  b.address_3,
  b.address_4,
  b.address_5,
  b.postcode,
  b.town,
  b.department,
  b.address_flags,
  b.language,
  b.large_print,
  b.representative_1,
  b.representative_2,
  b.died_on as declared_died_on
from best as b
inner join registry.contact as c on b.person_id = c.person_id
inner join registry.person as p on b.person_id = p.person_id
where
  b.body = :body
  or b.body <> c.body
  or p.died_on is not null
  or exists (select from registry.second_affiliation as a where a.person_id = b.person_id and a.died_on is not null)
