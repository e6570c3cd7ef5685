-- Gives people back to be told: their e-mail surely did not leave. Grain: one person, by the last day of theirs. Index: alert's key.
update documents.alert as t
set is_claimed = false
from (
  select
    k.person_id,
    max(k.day) as day
  from documents.alert as k
  where k.person_id = any(cast(:person_ids as bigint[])) and k.day < :day
  group by k.person_id
) as last_one
where t.person_id = last_one.person_id and t.day = last_one.day
