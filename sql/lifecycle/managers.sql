-- Who represents people on a day: of minors and of adults under a protection by which a representative acts, the first representative who
-- lives, as planning addresses notices. Grain: one person who is represented. Index: primary keys.
select distinct on (p.person_id)
  p.person_id,
  r.representative_id as manager_id
from unnest(cast(:person_ids as bigint[])) as given (person_id)
inner join registry.person as p on given.person_id = p.person_id
inner join registry.representative as r on p.person_id = r.person_id
inner join registry.person as k on r.representative_id = k.person_id and k.died_on is null
where registry.is_minor(p.born_on, :day) or p.protection = any(cast(:represented_by as text[]))
order by p.person_id, r.rank
