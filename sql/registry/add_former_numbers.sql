-- The former numbers of newcomers, so that whoever still uses one is understood. Grain: one number, given as parallel arrays.
insert into registry.identifier (matricule, matricule_kind, person_id, known_since)
select
  given.matricule,
  given.matricule_kind,
  given.person_id,
  :day
from
  unnest(
    cast(:matricules as text[]), cast(:kinds as text[]), cast(:person_ids as bigint[])
  ) as given (matricule, matricule_kind, person_id)
order by given.matricule
on conflict (matricule) do nothing
