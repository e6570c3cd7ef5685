-- title: Spaces destroyed = spaces on certificates of destruction
-- Violations: a space destroyed of which the index still holds a document, or that still tells whose record it was.
select
  count(*) as left_hand,
  (select coalesce(sum(b.accounts), 0) from lifecycle.destruction as b where b.destroyed_on is not null) as right_hand,
  count(*) filter (
    where
    exists (
      select from lifecycle.identified_after_destruction as i where i.person_id = a.person_id and i.account_id = a.account_id
    )
    or exists (select from documents.document as d where d.person_id = a.person_id and d.account_id = a.account_id)
  ) as violations
from accounts.account as a
where a.status = 'PURGED'
