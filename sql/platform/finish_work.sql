-- Keeps what a unit of work counted. Index: the primary key.
update platform.unit_of_work
set counts = cast(:counts as jsonb)
where work_id = :work_id
