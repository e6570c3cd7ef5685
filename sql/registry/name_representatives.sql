-- The representatives whom the bodies that speak for people name now, unless they are linked or awaited already.
-- Grain: one link. Idempotency key: the primary key. Index: primary keys.
with named_now as (
  insert into registry.named_representative (person_id, rank, matricule)
  select
    n.person_id,
    v.rank,
    v.matricule
  from incoming as n
  cross join lateral (values (1::smallint, n.representative_1), (2::smallint, n.representative_2)) as v (rank, matricule)
  where
    v.matricule is not null
    and not exists (
      select from registry.representative as r
      left join registry.identifier as i on i.matricule = v.matricule
      where
        r.person_id = n.person_id and r.rank = v.rank
        and (r.representative_id = i.person_id or r.awaited_matricule = v.matricule)
    )
  on conflict (person_id, rank) do update set matricule = excluded.matricule
  returning person_id
)

insert into touched (person_id)
select person_id
from named_now
