-- Who acts for whom, as the body that speaks for the person says now. Grain: one link.
with link as (
  select
    s.person_id,
    n.rank,
    i.person_id as representative_id
  from incoming as s
  cross join lateral (values (1::smallint, s.representative_1), (2::smallint, s.representative_2)) as n (rank, matricule)
  inner join registry.identifier as i on n.matricule = i.matricule
  where s.speaks
),

gone as (
  delete from registry.representative as r
  using incoming as s
  where
    r.person_id = s.person_id and s.speaks
    and not exists (select from link as l where l.person_id = r.person_id and l.rank = r.rank)
)

insert into registry.representative (person_id, rank, representative_id)
select
  person_id,
  rank,
  representative_id
from link
on conflict (person_id, rank) do update
  set representative_id = excluded.representative_id
  where registry.representative.representative_id <> excluded.representative_id
