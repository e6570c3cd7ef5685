-- The departments where people live, in the order in which they are told. Index: contact_by_department.
select distinct department
from registry.contact
order by department
