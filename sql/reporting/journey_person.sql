-- Whose journey is handed over, and whether somebody else asks for them: a minor on :day, or a protected adult. Index: the primary key.
select
  first_names,
  coalesce(used_name, birth_name) as name,
  birth_date,
  registry.is_minor(born_on, :day) or protection is not null as is_represented
from registry.person
where person_id = :person_id
