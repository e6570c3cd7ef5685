-- A person's decision on a delivery that waits: taken in by the next run, or refused whole. Grain: one delivery.
-- Idempotency: only one that waits undecided.
update registry.delivery
set
  decided_by = :decided_by,
  decision_reason = :reason,
  status = case when :accepted then 'WAITING' else 'REFUSED' end,
  refusal = case when not :accepted then 'a person looked at it and refused it: ' || :reason end
where folder = :folder and status = 'WAITING' and decided_by is null
