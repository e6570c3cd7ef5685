-- For the lines that nobody matches exactly: the people with both names and the birthplace of the line, of whom the birth date is like
-- or the sex is the other one (the closed list of docs/contracts/deaths.md). Grain: one line and person. One pass over
-- registry.person, joined by hash. Whoever has the line's birth date and sex was found by find_like_names.
insert into death_candidate (line, person_id, is_exact, died_on)
select
  d.line,
  p.person_id,
  false,
  p.died_on
from death_line as d
inner join registry.person as p
  on d.birth_name_key = p.birth_name_key and d.first_names_key = p.first_names_key and d.birthplace_code = p.birthplace_code
where
  not exists (select from death_candidate as c where c.line = d.line and c.is_exact)
  and (
    (d.birth_date = p.birth_date and d.sex <> p.sex)
    -- the same year, or the same day and month, or a line without its year
    or (
      d.birth_date <> p.birth_date and d.sex = p.sex
      and (left(d.birth_date, 4) in (left(p.birth_date, 4), '0000') or right(d.birth_date, 4) = right(p.birth_date, 4))
    )
  )
