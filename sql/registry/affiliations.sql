-- What each insurance body says of a person, the one that speaks first. Grain: one body. Index: primary keys.
select
  c.body,
  c.office,
  c.affiliated_since,
  p.rights_end_on,
  c.postcode,
  c.town,
  true as speaks
from registry.contact as c
inner join registry.person as p on c.person_id = p.person_id
where c.person_id = :person_id
union all
select
  a.body,
  a.office,
  a.affiliated_since,
  a.rights_end_on,
  a.postcode,
  a.town,
  false
from registry.second_affiliation as a
where a.person_id = :person_id
order by speaks desc, affiliated_since desc, body asc
