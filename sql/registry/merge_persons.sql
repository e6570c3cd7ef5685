-- Grain: one person. Writes only what differs, and only where this body speaks for the person.
with merged as (
  merge into registry.person as p
  using incoming as s
    on p.person_id = s.person_id
  when
    matched and s.speaks
    and (
      p.birth_name, p.used_name, p.first_names, p.birthplace_code, p.protection, p.died_on, p.rights_end_on
    ) is distinct from (
      s.birth_name, s.used_name, s.first_names, s.birthplace_code, s.protection, s.died_on, s.rights_end_on
    ) then
    update set
      birth_name = s.birth_name, used_name = s.used_name, first_names = s.first_names, birthplace_code = s.birthplace_code,
      protection = s.protection, died_on = s.died_on, rights_end_on = s.rights_end_on
  when not matched then
    insert (
      person_id, birth_name, used_name, first_names, sex, birth_date, born_on, birth_precision, birthplace_code, protection,
      died_on, rights_end_on
    )
    values (
      s.person_id, s.birth_name, s.used_name, s.first_names, s.sex, s.birth_date, s.born_on, s.birth_precision,
      s.birthplace_code, s.protection, s.died_on, s.rights_end_on
    )
  returning merge_action() = 'INSERT' as is_new, p.person_id
)

insert into touched (person_id, is_new)
select
  person_id,
  is_new
from merged
