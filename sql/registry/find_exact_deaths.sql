-- The people who have all five traits of a line. Grain: one line and person. Index: person_traits, then equality on the columns
-- themselves: the hash is only the way in.
create temporary table death_candidate on commit drop as
select
  d.line,
  p.person_id,
  true as is_exact,
  p.died_on
from death_line as d
inner join registry.person as p
  on
    registry.traits(d.birth_name_key, d.first_names_key, d.birth_date, d.sex, d.birthplace_code)
    = registry.traits(p.birth_name_key, p.first_names_key, p.birth_date, p.sex, p.birthplace_code)
    and d.birth_name_key = p.birth_name_key
    and d.first_names_key = p.first_names_key
    and d.birth_date = p.birth_date
    and d.sex = p.sex
    and d.birthplace_code = p.birthplace_code
