-- What was decided on each line of a file: the answer to its channel. Grain: one line. Index: the primary key.
select
  line,
  request_ref,
  outcome,
  cause,
  receipt
from oppositions.request
where work_id = :work_id
order by line
