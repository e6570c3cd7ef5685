-- Representatives whom the body that speaks no longer names. Grain: one link. Index: the primary key.
with dropped as (
  delete from registry.representative as r
  using incoming as n
  where
    r.person_id = n.person_id
    and case r.rank when 1 then n.representative_1 else n.representative_2 end is null
  returning r.person_id
),

noted as (
  insert into registry.fact (person_id, kind, happened_on, work_id)
  select distinct
    person_id,
    'REPRESENTATIVE_CHANGED',
    cast(:reference_date as date),
    cast(:work_id as bigint)
  from dropped
  on conflict do nothing
)

insert into touched (person_id)
select person_id
from dropped
