-- Settles the findings whose equation holds now, or is broken otherwise than it was. Grain: one finding. Idempotency: only those that
-- stand. Index: one_standing_finding_an_equation.
update platform.finding as f
set settled_at = :as_of
where
  f.settled_at is null
  and not exists (
    select
    from
      unnest(cast(:equations as text[]), cast(:differences as bigint[]), cast(:violations as bigint[]))
        as b (equation, difference, violations)
    where b.equation = f.equation and b.difference = f.difference and b.violations = f.violations
  )
