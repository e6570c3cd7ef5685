-- Keeps what was made of the lines of a partner's report, given in their order: the first is line 1. Grain: one line.
-- Idempotency: the unit of work.
insert into notices.report_line (work_id, line, outcome, lot_id, person_id, attempt_no)
select
  :work_id,
  l.line,
  l.outcome,
  l.lot_id,
  l.person_id,
  l.attempt_no
from unnest(
  cast(:outcomes as text[]), cast(:lot_ids as bigint[]), cast(:person_ids as bigint[]), cast(:attempt_nos as smallint[])
) with ordinality as l (outcome, lot_id, person_id, attempt_no, line)
