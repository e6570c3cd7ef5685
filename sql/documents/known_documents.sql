-- What is known of documents by their unique ids. Grain: one id. Index: document_unique_id, in each partition.
select
  d.unique_id,
  d.person_id,
  d.status,
  d.sha256,
  d.version,
  d.series_id,
  d.author_organization,
  documents.who_may_see(d) as hidden
from unnest(cast(:ids as text[])) as g (id)
inner join documents.document as d on documents.id_key(g.id) = documents.id_key(d.unique_id) and g.id = d.unique_id
