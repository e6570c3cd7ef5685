-- title: Records sent to the systems behind = accepted + refused + not answered yet
-- Violations: a file not all of whose records are accepted or refused; a space that is impossible although nobody refuses it.
with file as (
  select
    f.status,
    f.records,
    f.accepted,
    (select count(*) from accounts.refusal as s where s.file_no = f.file_no) as refused
  from accounts.outbound_file as f
)

select
  coalesce(sum(records), 0)::bigint as left_hand,
  (coalesce(sum(accepted + refused), 0) + coalesce(sum(records) filter (where status <> 'ANSWERED'), 0))::bigint as right_hand,
  count(*) filter (where accepted + refused <> records)
  + (
    select count(*)
    from accounts.account as a
    where
      a.status = 'IMPOSSIBLE'
      and a.impossible_reason <> 'EXISTING_RECORD LOCKED'
      and not exists (
        select from accounts.refusal as s
        where s.person_id = a.person_id and s.account_id = a.account_id and s.status in ('WAITS', 'SENT_AGAIN')
      )
  ) as violations
from file
