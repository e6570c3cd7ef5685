-- What a system refused and is true no more is not sent again: the space was closed, opened again or destroyed since, of which the
-- system is told. Who holds it is told as it is then, and stays true.
-- Grain: one refusal. Idempotency: only one that WAITS. Index: refusal_unsettled, the key of accounts.
update accounts.refusal as s
set status = 'OVERTAKEN'
from accounts.account as a
where
  s.status = 'WAITS'
  and s.person_id = a.person_id
  and s.account_id = a.account_id
  and a.status <> 'IMPOSSIBLE'
  and s.kind <> 'HANDED_OVER'
  and (s.kind, a.status) not in (
    select
      m.event,
      m.after
    from accounts.account_move as m
    where m.event is not null
  )
