-- The portions of a delivery that is being loaded. Index: the primary key.
select
  portion,
  newcomers,
  first_person_id
from registry.portion
where delivery_id = :delivery_id
order by portion
