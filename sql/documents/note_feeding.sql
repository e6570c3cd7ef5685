-- Notes the last word of people on being fed by an organisation: messages come in no order, and a word that was said before another one
-- changes nothing. Of two that were said at once, the objection counts. Grain: one person. Idempotency key: person and organisation.
insert into documents.feeding_opposition as f (person_id, organization, is_withdrawn, said_at, work_id)
select
  g.person_id,
  :organization,
  g.is_withdrawn,
  g.said_at,
  cast(:work_id as bigint)
from
  unnest(cast(:person_ids as bigint[]), cast(:withdrawn as boolean[]), cast(:said_at as timestamptz[]))
    as g (person_id, is_withdrawn, said_at)
on conflict (person_id, organization) do update
  set is_withdrawn = excluded.is_withdrawn, said_at = excluded.said_at, work_id = excluded.work_id
  where (f.said_at, not f.is_withdrawn) < (excluded.said_at, not excluded.is_withdrawn)
