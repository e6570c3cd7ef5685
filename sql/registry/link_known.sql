-- Links people whom the registry knew before the delivery (ids below those of its newcomers, or any where it has none) to the
-- representatives that are named now. Grain: one link. Idempotency key: the primary key.
with named as (
  select
    l.person_id,
    l.rank,
    i.person_id as representative_id,
    case when i.person_id is null then l.matricule end as awaited_matricule
  from registry.named_representative as l
  left join registry.identifier as i on l.matricule = i.matricule
  where l.person_id < :first_newcomer
),

noted as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select distinct
    person_id,
    'REPRESENTATIVE_CHANGED',
    cast(:reference_date as date),
    cast(:work_id as bigint)
  from named
  on conflict do nothing
)

insert into registry.representative (person_id, rank, representative_id, awaited_matricule)
select
  person_id,
  rank,
  representative_id,
  awaited_matricule
from named
order by person_id, rank
on conflict (person_id, rank) do update
  set representative_id = excluded.representative_id, awaited_matricule = excluded.awaited_matricule
