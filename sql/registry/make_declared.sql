-- What every body says of two people who are one, unless it let them go, inside one transaction. Grain: one person and body.
-- Index: primary keys, identifier_of_person.
create temporary table declared on commit drop as
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
  (
    select coalesce(r.awaited_matricule, max(i.matricule))
    from registry.representative as r
    left join registry.identifier as i on r.representative_id = i.person_id
    where r.person_id = p.person_id and r.rank = 1
    group by r.awaited_matricule
  ) as representative_1,
  (
    select coalesce(r.awaited_matricule, max(i.matricule))
    from registry.representative as r
    left join registry.identifier as i on r.representative_id = i.person_id
    where r.person_id = p.person_id and r.rank = 2
    group by r.awaited_matricule
  ) as representative_2
from registry.person as p
inner join registry.contact as c on p.person_id = c.person_id
where p.person_id in (:kept, :dropped) and not p.is_let_go
union all
select a.*
from registry.second_affiliation as a
where a.person_id in (:kept, :dropped)
