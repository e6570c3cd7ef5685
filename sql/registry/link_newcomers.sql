-- Links newcomers, a range of ids, to their representatives; a number that the registry does not know is awaited.
-- Grain: one link. Idempotency: the caller's unit of work. Index: the key of named_representative, the identifiers' primary key.
insert into registry.representative (person_id, rank, representative_id, awaited_matricule)
select
  l.person_id,
  l.rank,
  i.person_id as representative_id,
  case when i.person_id is null then l.matricule end
from registry.named_representative as l
left join registry.identifier as i on l.matricule = i.matricule
where l.person_id between :first_id and :last_id
order by l.person_id, l.rank
