-- Grants an override until the end of a legal day, or refuses it; the first decision stands. The table refuses whoever asked.
-- Index: the primary key.
update platform.finding_override
set
  decided_by = :decided_by,
  is_granted = :is_granted,
  holds_until = :holds_until
where work_id = :work_id and decided_by is null
