-- The people whom a body no longer delivers and for whom another body has a word, inside one transaction. Grain: one person.
create temporary table contested on commit drop as
select g.person_id
from departed as g
inner join registry.contact as c on g.person_id = c.person_id and c.body = :body
where exists (select from registry.second_affiliation as a where a.person_id = g.person_id)
