-- The people staged for whom several bodies have a word, inside one transaction. Grain: one person.
create temporary table contested on commit drop as
select s.person_id
from staged as s
inner join registry.contact as c on s.person_id = c.person_id
where
  c.body <> :body
  or exists (select from registry.second_affiliation as a where a.person_id = s.person_id)
