-- The portions of a delivery with the ids of their newcomers, so that a run that takes over gives the same ids.
-- Idempotency key: delivery and portion.
insert into registry.portion (delivery_id, portion, newcomers, first_person_id)
select
  d.delivery_id,
  given.portion,
  given.newcomers,
  given.first_person_id
from
  unnest(
    cast(:portions as integer[]), cast(:newcomers as integer[]), cast(:first_ids as bigint[])
  ) as given (portion, newcomers, first_person_id)
inner join registry.delivery as d on d.folder = :folder and d.manifest_sha256 = :manifest_sha256
