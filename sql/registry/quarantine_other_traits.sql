-- A known matricule with another birth date or sex may be another person: never merged, a person decides (once: what was found
-- to be somebody else stays in the quarantine). A body that gives the person's former number has corrected civil status itself: one
-- of the two, and not all of the name with it, for a mistyped former number leads to a stranger.
-- Grain: one staged row. Index: the persons' primary key.
with doubtful as (
  delete from staged
  using registry.person as p
  where
    staged.person_id = p.person_id
    and (staged.birth_date, staged.sex) <> (p.birth_date, p.sex)
    and (
      staged.former_matricule is null
      or (staged.birth_date <> p.birth_date and staged.sex <> p.sex)
      or (staged.birth_name_key <> p.birth_name_key and staged.first_names_key <> p.first_names_key)
    )
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
