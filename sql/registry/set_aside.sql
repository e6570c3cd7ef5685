-- The rows of a delivery that were set aside while it was merged, not by a rule of their own. Index: the primary key.
select
  file,
  line
from registry.quarantine
where delivery_id = :delivery_id and reason in ('OTHER_TRAITS_KNOWN', 'TWO_PEOPLE_KNOWN')
