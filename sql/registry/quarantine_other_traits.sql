-- A known matricule with another birth date or sex may be another person: never merged, a person decides (once a body: what was found
-- to be somebody else stays in the quarantine). A body that gives the person's former number may have corrected civil status itself,
-- where it alone speaks of the person, first names are the same or one extends the other, and of birth name, birth date and sex one at
-- most is another: a mistyped former number leads to a stranger, or to a twin.
-- Grain: one staged row. Index: the primary keys of persons, contacts and second affiliations.
with compared as (
  select
    s.person_id,
    s.file,
    s."row",
    s.former_matricule is not null as is_renamed,
    s.birth_date <> p.birth_date or s.sex <> p.sex as is_other,
    starts_with(s.first_names_key || ' ', p.first_names_key || ' ') or starts_with(p.first_names_key || ' ', s.first_names_key || ' ')
      as has_first_name,
    (s.birth_name_key <> p.birth_name_key)::integer + (s.birth_date <> p.birth_date)::integer + (s.sex <> p.sex)::integer as others
  from staged as s
  inner join registry.person as p on s.person_id = p.person_id
  where (s.birth_date, s.sex) <> (p.birth_date, p.sex) or s.former_matricule is not null
),

doubtful as (
  delete from staged as s
  using compared as c
  where
    s.person_id = c.person_id and s.file = c.file and s."row" = c."row"
    and case
      when not c.is_renamed then c.is_other
      when not c.has_first_name or c.others > 1 then true
      when c.is_other
        then
          exists (select from registry.contact as k where k.person_id = c.person_id and k.body <> :body)
          or exists (select from registry.second_affiliation as a where a.person_id = c.person_id and a.body <> :body)
      else false
    end
  returning s.person_id, s.file, s."row" as line
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
    select from registry.doubt as d
    where
      d.person_id = w.person_id and d.kind = 'OTHER_TRAITS' and d.status in ('OPEN', 'DIFFERENT')
      and split_part(d.subject, '/', 2) = :body
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
