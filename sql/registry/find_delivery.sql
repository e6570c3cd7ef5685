-- A delivery already taken in for the same body, kind and reference date, or a later one of that body. Index: the unique key.
select reference_date
from registry.delivery
where body = :body and (reference_date > :reference_date or (reference_date = :reference_date and kind = :kind))
limit 1
