-- Reserves a range of ids for the newcomers of a delivery; returns the first. The caller has the intake for itself.
update registry.last_person_id
set last_id = last_id + :newcomers
returning last_id - :newcomers + 1 as first_id
