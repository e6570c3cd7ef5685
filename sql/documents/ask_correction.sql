-- Keeps whom somebody names as the one whom a refused document of a held file is about, and why. Nothing where the document is refused for
-- something else than its identity, or the person is unknown. Grain: one document. Index: the keys of reception, quarantined and person.
insert into documents.identity_correction (work_id, delivery_id, place, person_id, asked_by, reason)
select
  :work_id,
  r.delivery_id,
  r.place,
  p.person_id,
  :asked_by,
  :reason
from documents.reception as r
inner join documents.quarantined as q on r.delivery_id = q.delivery_id and q.is_held
inner join registry.person as p on p.person_id = :person_id
where
  r.delivery_id = :delivery_id
  and r.place = :place
  and r.outcome = 'REFUSED'
  and r.code = any(cast(:of_identity as text[]))
