-- The lines of a file of existing records that were not kept: the answer. Index: the primary key.
select
  line,
  fault
from accounts.record_fault
where work_id = :work_id
order by line
