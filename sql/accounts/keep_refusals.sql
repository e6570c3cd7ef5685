-- Keeps which records of a file its system refused, given as parallel arrays of lines and reasons; what the file brought a second time is
-- settled by it: accepted, or refused again. Grain: one record. Idempotency: the unit of work; (file, line).
-- Index: those of `accounts.records_of`, refusal_sent_again.
with refused as (
  select
    r.*,
    given.reason
  from unnest(cast(:lines as integer[]), cast(:reasons as text[])) as given (line, reason)
  inner join accounts.records_of(:file_no) as r on given.line = r.line
),

kept as (
  insert into accounts.refusal (file_no, line, person_id, account_id, kind, happened_on, recorded_in, reason, refusals)
  select
    :file_no,
    line,
    person_id,
    account_id,
    kind,
    happened_on,
    recorded_in,
    reason,
    attempt
  from refused
)

update accounts.refusal as s
set
  status = case
    when exists (
      select from refused as r where r.account_id = s.account_id and r.kind = s.kind and r.recorded_in = s.recorded_in
    ) then 'REFUSED_AGAIN'
    else 'ACCEPTED'
  end
where s.sent_again_in = :file_no and s.status = 'SENT_AGAIN'
