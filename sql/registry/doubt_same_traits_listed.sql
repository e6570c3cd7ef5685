-- Newcomers of one delivery who have all five traits in common, given as pairs of matricules: a person decides.
-- Grain: one pair. Idempotency: the unique key. Index: the identifiers' primary key.
insert into registry.doubt (kind, person_id, other_id, raised_on, work_id)
select
  'SAME_TRAITS',
  greatest(a.person_id, b.person_id),
  least(a.person_id, b.person_id),
  :day,
  :work_id
from unnest(cast(:matricules as text[]), cast(:others as text[])) as given (matricule, other)
inner join registry.identifier as a on given.matricule = a.matricule
inner join registry.identifier as b on given.other = b.matricule
where a.person_id <> b.person_id
on conflict (kind, person_id, other_id, subject) do nothing
