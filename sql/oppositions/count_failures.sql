-- Adds a file's wrong codes to each person's count. Grain: one person.
insert into oppositions.failure (person_id, failures, last_failure_at)
select
  given.person_id,
  given.failures,
  :as_of
from unnest(cast(:person_ids as bigint[]), cast(:failures as smallint[])) as given (person_id, failures)
on conflict (person_id) do update
  set failures = oppositions.failure.failures + excluded.failures, last_failure_at = excluded.last_failure_at
