-- Contact data that differ make a new version; the former one stays, as proof of where a notice went. Grain: one person.
-- An address whose department is unknown counts as ZZ, told last.
-- The retired row is written before its successor: the insert reads what the update returns.
with differing as (
  select
    s.*,
    c.version
  from incoming as s
  left join registry.contact as c on s.person_id = c.person_id and c.is_current
  where
    (s.speaks or c.person_id is null)
    and (
      c.body, c.affiliated_since, c.email, c.address_2, c.address_3, c.address_4, c.address_5, c.postcode, c.town,
      c.department, c.language, c.large_print
    ) is distinct from (
      :body, s.affiliated_since, s.email, s.address_2, s.address_3, s.address_4, s.address_5, s.postcode, s.town,
      coalesce(s.department, 'ZZ'), s.language, s.large_print
    )
),

retired as (
  update registry.contact as c
  set is_current = false
  from differing as d
  where c.person_id = d.person_id and c.is_current
  returning d.*
),

added as (
  insert into registry.contact (
    person_id, version, is_current, body, affiliated_since, email, address_2, address_3, address_4, address_5, postcode, town,
    department, language, large_print, valid_from
  )
  select
    n.person_id,
    coalesce(n.version, 0) + 1,
    true,
    :body,
    n.affiliated_since,
    n.email,
    n.address_2,
    n.address_3,
    n.address_4,
    n.address_5,
    n.postcode,
    n.town,
    coalesce(n.department, 'ZZ'),
    n.language,
    n.large_print,
    :as_of
  from (
    select * from retired
    union all
    select * from differing
    where version is null
  ) as n
  returning person_id
)

insert into touched (person_id, is_new)
select
  person_id,
  false
from added
