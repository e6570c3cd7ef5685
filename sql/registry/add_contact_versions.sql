-- Contact data that differ make a new version; the former one is kept as it was, as proof of where a notice went.
-- Grain: one incoming person. Writes only what differs. Index: the contacts' primary key.
with differing as (
  select n.*
  from incoming as n
  inner join registry.contact as c on n.person_id = c.person_id
  where
    (
      c.body, c.office, c.affiliated_since, c.email, c.address_2, c.address_3, c.address_4, c.address_5, c.postcode, c.town,
      c.department, c.address_flags, c.language, c.large_print
    ) is distinct from (
      n.body, n.office, n.affiliated_since, n.email, n.address_2, n.address_3, n.address_4, n.address_5, n.postcode, n.town,
      n.department, n.address_flags, n.language, n.large_print
    )
),

kept as (
  insert into registry.former_contact
  select c.*
  from registry.contact as c
  inner join differing as d on c.person_id = d.person_id
),

changed as (
  update registry.contact as c
  set
    version = c.version + 1, body = d.body, office = d.office, affiliated_since = d.affiliated_since, email = d.email,
    address_2 = d.address_2, address_3 = d.address_3, address_4 = d.address_4, address_5 = d.address_5, postcode = d.postcode,
    town = d.town, department = d.department, address_flags = d.address_flags, language = d.language,
    large_print = d.large_print, valid_from = :day
  from differing as d
  where c.person_id = d.person_id
  returning c.person_id
)

insert into touched (person_id)
select person_id
from changed
