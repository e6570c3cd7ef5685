-- A unit of work that was done. Index: the unique key (step, unit).
select
  work_id,
  counts
from platform.unit_of_work
where step = :step and unit = :unit
