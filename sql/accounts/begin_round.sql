-- Begins a round: what was recorded since the round before goes out, up to the last transaction that no other can precede any more.
-- Grain: one round. Idempotency: the unit of work. Index: the primary key.
insert into accounts.outbound_round (work_id, after, up_to)
select
  :work_id,
  coalesce(max(up_to), 0),
  greatest(max(up_to), platform.settled())
from accounts.outbound_round
returning round_no, after, up_to
