-- title: Events of spaces told to the systems behind, and what was sent again = records of their files
-- Violations: a space that is or was open and has no event; a round that does not begin where the one before ended.
select
  (select count(*) from accounts.event as e where e.recorded_in <= (select max(r.up_to) from accounts.outbound_round as r))
  * count(distinct f.system)
  + (select count(*) from accounts.refusal as s where s.sent_again_in is not null) as left_hand,
  coalesce(sum(f.records), 0)::bigint as right_hand,
  (
    select count(*)
    from accounts.account as a
    where
      a.status <> 'IMPOSSIBLE'
      and not exists (select from accounts.event as e where e.person_id = a.person_id and e.account_id = a.account_id)
  )
  + (
    select count(*)
    from (
      select
        r.after,
        lag(r.up_to, 1, 0::bigint) over (order by r.round_no) as up_to_before
      from accounts.outbound_round as r
    ) as o
    where o.after <> o.up_to_before
  ) as violations
from accounts.outbound_file as f
