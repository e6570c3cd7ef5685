-- Quarantines the rows of one file that break a rule. Grain: one row and rule, given as parallel arrays.
insert into registry.quarantine (work_id, file, line, reason, column_name)
select
  :work_id,
  :file,
  given.line,
  given.reason,
  given.column_name
from unnest(
  cast(:lines as bigint[]), cast(:reasons as text[]), cast(:columns as text[])
) as given (line, reason, column_name)
