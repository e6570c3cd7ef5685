-- Representatives who were awaited and are known now, and the fact that tells of it. Grain: one link. Idempotency: a link is awaited until
-- it is found; the primary key of facts. Index: representative_awaited, then primary keys.
with found as (
  select
    r.person_id,
    r.rank,
    (select i.person_id from registry.identifier as i where i.matricule = r.awaited_matricule) as representative_id
  from registry.representative as r
  where r.awaited_matricule is not null
),

linked as (
  update registry.representative as r
  set representative_id = f.representative_id, awaited_matricule = null
  from found as f
  where r.person_id = f.person_id and r.rank = f.rank and f.representative_id is not null
  returning r.person_id
)

insert into registry.fact (person_id, kind, happened_on, work_id)
select distinct
  person_id,
  'REPRESENTATIVE_CHANGED',
  cast(:reference_date as date),
  cast(:work_id as bigint)
from linked
on conflict do nothing
