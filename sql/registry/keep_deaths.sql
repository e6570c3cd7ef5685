-- Where the body that speaks tells no death, one that another body tells counts, else one that the civil register told and that nobody
-- reversed. Grain: one incoming person. Index: primary keys.
update incoming as n
set died_on = told.died_on
from (
  select
    i.person_id,
    coalesce(
      (select min(a.died_on) from registry.second_affiliation as a where a.person_id = i.person_id),
      (select min(d.died_on) from registry.civil_death as d where d.person_id = i.person_id and d.reversed_by is null)
    ) as died_on
  from incoming as i
  where i.died_on is null
) as told
where n.person_id = told.person_id and told.died_on is not null
