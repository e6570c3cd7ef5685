-- Quarantines rows of one file that break a rule. Grain: one row and rule, given as parallel arrays. Idempotency: the primary key.
insert into registry.quarantine (delivery_id, file, line, reason, column_name)
select
  :delivery_id,
  :file,
  given.line,
  given.reason,
  given.column_name
from
  unnest(
    cast(:lines as bigint[]), cast(:reasons as text[]), cast(:columns as text[])
  ) as given (line, reason, column_name)
on conflict do nothing
