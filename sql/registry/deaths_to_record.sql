-- The deaths that a file proves. Grain: one person.
select
  person_id,
  died_on
from death_verdict
where outcome = 'RECORDED'
order by person_id
