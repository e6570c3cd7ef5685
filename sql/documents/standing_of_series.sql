-- The version that stands of each series of a person. Grain: one series. Index: document's key, by person.
select
  d.person_id,
  d.series_id,
  d.unique_id
from unnest(cast(:person_ids as bigint[]), cast(:series_ids as text[])) as g (person_id, series_id)
inner join documents.document as d on g.person_id = d.person_id and g.series_id = d.series_id
where d.status = 'CURRENT'
