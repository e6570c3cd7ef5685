-- How many known people this transaction changed. Grain: one department. Index: the contacts' primary key.
select
  c.department,
  count(*) as changed
from (select distinct t.person_id from touched as t) as p
inner join registry.contact as c on p.person_id = c.person_id
group by c.department
