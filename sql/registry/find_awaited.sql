-- Representatives who were awaited and are known now. Grain: one link. Index: representative_awaited, then primary keys.
with found as (
  select
    r.person_id,
    r.rank,
    (select i.person_id from registry.identifier as i where i.matricule = r.awaited_matricule) as representative_id
  from registry.representative as r
  where r.awaited_matricule is not null
)

update registry.representative as r
set representative_id = f.representative_id, awaited_matricule = null
from found as f
where r.person_id = f.person_id and r.rank = f.rank and f.representative_id is not null
