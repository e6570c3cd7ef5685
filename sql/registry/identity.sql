-- Who a person is, with every number ever known, for whoever decides on a doubt. Index: primary key, identifier_of_person.
select
  p.birth_name,
  p.used_name,
  p.first_names,
  p.sex,
  p.birth_date,
  p.birthplace_code as birthplace,
  p.died_on,
  p.protection,
  (
    select string_agg(i.matricule_kind || ' ' || i.matricule, ', ' order by i.known_since, i.matricule)
    from registry.identifier as i
    where i.person_id = p.person_id
  ) as numbers
from registry.person as p
where p.person_id = :person_id
