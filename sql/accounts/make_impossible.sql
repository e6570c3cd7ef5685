-- A space that is open and that a system refuses for good, or too often, is IMPOSSIBLE for now: its holder is told without delay.
-- Grain: one account with a refusal in one file. Idempotency: only an OPEN account moves. Index: the key of refusals, of accounts.
-- Source: CSP R1111-28.
update accounts.account as a
set status = 'IMPOSSIBLE', impossible_since = :day, impossible_reason = f.system || ' ' || s.reason
from accounts.refusal as s
inner join accounts.outbound_file as f on s.file_no = f.file_no
where
  s.file_no = :file_no
  and a.person_id = s.person_id
  and a.account_id = s.account_id
  and a.status = 'OPEN'
  and s.status = 'WAITS'
  and s.kind in (select m.event from accounts.account_move as m where m.after = 'OPEN')
  and (s.reason = any(cast(:final_reasons as text[])) or s.refusals >= :refusals_before_impossible)
