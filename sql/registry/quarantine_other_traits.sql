-- A known matricule with another birth date or sex may be another person: never merged, a person decides.
-- Index: the identifiers' primary key, then the persons'.
with doubtful as (
  delete from staged
  using registry.identifier as i, registry.person as p
  where
    staged.matricule = i.matricule
    and i.person_id = p.person_id
    and (staged.birth_date, staged.sex) <> (p.birth_date, p.sex)
  returning staged.file, staged."row" as line
)

insert into registry.quarantine (work_id, file, line, reason, column_name)
select
  :work_id,
  file,
  line,
  'OTHER_TRAITS_KNOWN',
  'birth_date'
from doubtful
