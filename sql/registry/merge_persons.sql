-- Grain: one incoming person. Writes only what differs. Index: the persons' primary key.
with changed as (
  update registry.person as p
  set
    birth_name = n.birth_name, used_name = n.used_name, first_names = n.first_names, birth_name_key = n.birth_name_key,
    first_names_key = n.first_names_key, birthplace_code = n.birthplace_code, protection = n.protection,
    died_on = n.died_on, declared_died_on = n.declared_died_on, rights_end_on = n.rights_end_on, is_let_go = false
  from incoming as n
  where
    p.person_id = n.person_id
    and (
      p.birth_name, p.used_name, p.first_names, p.birthplace_code, p.protection, p.died_on, p.declared_died_on, p.rights_end_on,
      p.is_let_go
    ) is distinct from (
      n.birth_name, n.used_name, n.first_names, n.birthplace_code, n.protection, n.died_on, n.declared_died_on, n.rights_end_on,
      false
    )
  returning p.person_id
)

insert into touched (person_id)
select person_id
from changed
