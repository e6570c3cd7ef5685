-- The people staged for whom several bodies have a word, inside one transaction. Grain: one person.
-- Index: primary keys, looked up once a person (the planner would rather read tables whole).
create temporary table contested on commit drop as
select s.person_id
from staged as s
where
  (select c.body from registry.contact as c where c.person_id = s.person_id) <> :body
  or (select count(*) from registry.second_affiliation as a where a.person_id = s.person_id) > 0
