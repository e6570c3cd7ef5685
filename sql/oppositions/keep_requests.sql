-- Keeps what was decided on each line of a file. Grain: one line, given as parallel arrays. Idempotency key: (work, line).
insert into oppositions.request (
  work_id, line, channel, request_ref, received_at, outcome, cause, person_id, receipt
)
select
  :work_id,
  given.line,
  :channel,
  given.request_ref,
  given.received_at,
  given.outcome,
  given.cause,
  given.person_id,
  given.receipt
from unnest(
  cast(:lines as integer[]), cast(:request_refs as text[]), cast(:received_ats as timestamptz[]),
  cast(:outcomes as text[]), cast(:causes as text[]), cast(:person_ids as bigint[]), cast(:receipts as text[])
) as given (line, request_ref, received_at, outcome, cause, person_id, receipt)
