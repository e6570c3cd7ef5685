-- What is held, oldest first. Grain: one hold that stands. Index: one_hold_a_place; the ledger's primary key.
select
  h.place,
  h.reason,
  w.actor as held_by,
  w.as_of as since
from platform.retention_hold as h
inner join platform.unit_of_work as w on h.work_id = w.work_id
where h.lifted_by is null
order by h.work_id
