-- Gives a meaningless id to each matricule not seen before, that of a representative included. Idempotency: the primary key.
with named as (
  select
    matricule,
    matricule_kind
  from staged
  union all
  select
    representative_1,
    null
  from staged
  where representative_1 is not null
  union all
  select
    representative_2,
    null
  from staged
  where representative_2 is not null
)

insert into registry.identifier (matricule, matricule_kind, person_id, known_since)
select
  matricule,
  max(matricule_kind),
  nextval('registry.person_id'),
  :as_of
from named
group by matricule
order by matricule
on conflict (matricule) do update
  set matricule_kind = excluded.matricule_kind
  where registry.identifier.matricule_kind is null and excluded.matricule_kind is not null
