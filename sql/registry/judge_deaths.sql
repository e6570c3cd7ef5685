-- What becomes of each line and person. Grain: one line and person. Index: the primary key of civil_death.
-- KNOWN: the line tells of a death that is known, of this person or of another candidate; REVERSED: of one that was reversed.
-- RECORDED: one person and no other has all five traits, and was never told dead, rightly or wrongly. WAITING: a person decides.
-- The outcome of a line is the last of its people's in the order of the alphabet.
create temporary table death_verdict on commit drop as
with seen as (
  select
    c.line,
    c.person_id,
    c.is_exact,
    c.died_on,
    d.birth_is_whole,
    d.died_from,
    d.died_to,
    coalesce(c.died_on between d.died_from and d.died_to, false) or coalesce(r.stands, false) as is_known,
    coalesce(r.was_reversed, false) as is_reversed,
    r.ever_reversed is true as needs_a_person
  from death_candidate as c
  inner join death_line as d on c.line = d.line
  left join lateral (
    select
      bool_or(civil.reversed_by is null and civil.died_on between d.died_from and d.died_to) as stands,
      bool_or(civil.reversed_by is not null and civil.died_on between d.died_from and d.died_to) as was_reversed,
      bool_or(civil.reversed_by is not null) as ever_reversed
    from registry.civil_death as civil
    where civil.person_id = c.person_id
  ) as r on true
),

weighed as (
  select
    *,
    bool_or(is_known) over (partition by line) as line_is_known,
    is_exact and birth_is_whole and died_on is null and not needs_a_person and died_from <= :day
    and count(*) over (partition by line) = 1 as may_act
  from seen
),

ranked as (
  select
    *,
    row_number() over same_person as place,
    count(*) over (partition by person_id, may_act) as lines_of_person,
    count(*) over (partition by person_id, may_act, died_from, died_to) as lines_that_agree
  from weighed
  window same_person as (partition by person_id, may_act order by line)
)

select
  line,
  person_id,
  case
    when line_is_known then 'KNOWN'
    when is_reversed then 'REVERSED'
    when not may_act or lines_of_person <> lines_that_agree then 'WAITING'
    when place = 1 then 'RECORDED'
    else 'KNOWN'
  end as outcome,
  least(died_to, :day) as died_on
from ranked
