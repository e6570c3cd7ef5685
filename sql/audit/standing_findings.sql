-- The findings that stand on a legal day, the oldest first; `overridden_until` where two people decided to go on in spite of one.
-- Grain: one finding. Index: one_standing_finding_an_equation; overrides are few.
select
  f.finding_id,
  f.equation,
  f.difference,
  f.violations,
  f.found_at,
  (
    select max(o.holds_until)
    from platform.finding_override as o
    where o.finding_id = f.finding_id and o.is_granted and o.holds_until >= :day
  ) as overridden_until
from platform.finding as f
where f.settled_at is null
order by f.finding_id
