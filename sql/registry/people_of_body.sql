-- The people of whom a body has a word, with every number that they have: what a full delivery is compared with where there is no
-- digest of the last one. Grain: one number. Reads identifiers, contacts and second affiliations from end to end.
select
  i.person_id,
  i.matricule
from registry.identifier as i
where
  i.person_id in (select c.person_id from registry.contact as c where c.body = :body)
  or i.person_id in (select a.person_id from registry.second_affiliation as a where a.body = :body)
