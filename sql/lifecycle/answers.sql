-- What was decided on each line of a file of life events: the answer to its system. Grain: one line. Index: the primary key.
select
  line,
  request_ref,
  kind,
  outcome,
  cause,
  receipt,
  due_on
from lifecycle.request
where work_id = :work_id
order by line
