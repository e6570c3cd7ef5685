-- Notes the equations that do not hold. Grain: one finding. Idempotency: one stands for an equation.
insert into platform.finding (equation, difference, violations, found_at)
select
  equation,
  difference,
  violations,
  :as_of
from
  unnest(cast(:equations as text[]), cast(:differences as bigint[]), cast(:violations as bigint[]))
    as b (equation, difference, violations)
on conflict do nothing
