-- Notes who objected to be fed by an organisation. Grain: one person. Idempotency key: person and organisation.
insert into documents.feeding_opposition (person_id, organization, work_id)
select distinct
  g.person_id,
  :organization,
  cast(:work_id as bigint)
from unnest(cast(:person_ids as bigint[])) as g (person_id)
on conflict do nothing
