-- The people whom a body no longer delivers and for whom another body has a word, inside one transaction. Grain: one person.
-- Index: primary keys, looked up once a person (the planner would rather read tables whole).
create temporary table contested on commit drop as
select g.person_id
from departed as g
where
  (select c.body from registry.contact as c where c.person_id = g.person_id) = :body
  and (select count(*) from registry.second_affiliation as a where a.person_id = g.person_id) > 0
