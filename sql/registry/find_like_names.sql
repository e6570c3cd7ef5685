-- For the lines that nobody matches exactly: the people with the line's birth date and sex who have two more traits, the fifth being
-- like (the closed list of docs/contracts/deaths.md). Grain: one line and person. One pass over registry.person, joined by hash.
-- Whoever has four traits of a line has the birth date and the sex, or both names: the latter are found by find_like_dates.
insert into death_candidate (line, person_id, is_exact, died_on)
select
  d.line,
  p.person_id,
  false,
  p.died_on
from death_line as d
inner join registry.person as p on d.birth_date = p.birth_date and d.sex = p.sex
where
  not exists (select from death_candidate as c where c.line = d.line)
  and (
    -- another birthplace, or none
    (d.birth_name_key = p.birth_name_key and d.first_names_key = p.first_names_key)
    -- other first names: the first one is the same, or they agree where they can be read
    or (
      d.birth_name_key = p.birth_name_key and d.birthplace_code = p.birthplace_code
      and (
        split_part(d.first_names_key, ' ', 1) = split_part(p.first_names_key, ' ', 1)
        or p.first_names_key like d.first_names_key
      )
    )
    -- another birth name: one holds the other as whole words, or they agree where they can be read, or it is the used name
    or (
      d.first_names_key = p.first_names_key and d.birthplace_code = p.birthplace_code
      and (
        ' ' || p.birth_name_key || ' ' like '% ' || d.birth_name_key || ' %'
        or ' ' || d.birth_name_key || ' ' like '% ' || p.birth_name_key || ' %'
        or d.birth_name_key = btrim(
          regexp_replace(regexp_replace(upper(normalize(p.used_name, nfkd)), '[\u0300-\u036f]', '', 'g'), '[^A-Z0-9]+', ' ', 'g')
        )
      )
    )
  )
