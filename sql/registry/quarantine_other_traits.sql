-- A known matricule with another birth date or sex may be another person: never merged, a person decides (once: what was found
-- to be somebody else stays in the quarantine). A body that gives the person's former number has corrected civil status itself.
-- Grain: one staged row. Index: the persons' primary key.
with doubtful as (
  delete from staged
  using registry.person as p
  where
    staged.person_id = p.person_id
    and staged.former_matricule is null
    and (staged.birth_date, staged.sex) <> (p.birth_date, p.sex)
  returning staged.person_id, staged.file, staged."row" as line
),

asked as (
  insert into registry.doubt (kind, person_id, subject, raised_on, work_id)
  select
    'OTHER_TRAITS',
    person_id,
    concat(cast(:folder as text), '/', file, ':', line),
    :day,
    :work_id
  from doubtful as w
  where not exists (
    select from registry.doubt as d where d.person_id = w.person_id and d.kind = 'OTHER_TRAITS' and d.status in ('OPEN', 'DIFFERENT')
  )
)

insert into registry.quarantine (delivery_id, file, line, reason, column_name)
select
  :delivery_id,
  file,
  line,
  'OTHER_TRAITS_KNOWN',
  'birth_date'
from doubtful
