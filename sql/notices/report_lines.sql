-- What was made of each line of a partner's report: the answer. Index: the primary key.
select
  line,
  outcome,
  lot_id
from notices.report_line
where work_id = :work_id
order by line
