-- The former numbers of newcomers (a range of ids), so that whoever still uses one is understood. Grain: one number, given as parallel
-- arrays. Idempotency: the primary key. Index: the identifiers' primary key.
insert into registry.identifier (matricule, matricule_kind, person_id, known_since)
select
  given.former,
  given.kind,
  i.person_id,
  :day
from
  unnest(
    cast(:matricules as text[]), cast(:formers as text[]), cast(:kinds as text[])
  ) as given (matricule, former, kind)
inner join registry.identifier as i on given.matricule = i.matricule
where i.person_id between :first_id and :last_id
order by given.former
on conflict (matricule) do nothing
