-- Keeps until when the object store retains the documents of archives. Grain: one space, given as parallel arrays. Idempotency: only an
-- archive that still ends on that day is touched. Index: the accounts' primary key.
update accounts.account as a
set retained_until = g.archived_until
from
  unnest(cast(:person_ids as bigint[]), cast(:account_ids as uuid[]), cast(:archived_untils as date[]))
    as g (person_id, account_id, archived_until)
where a.person_id = g.person_id and a.account_id = g.account_id and a.status = 'CLOSED' and a.archived_until = g.archived_until
