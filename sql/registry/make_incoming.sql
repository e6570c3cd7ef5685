-- The staged rows with their person, and whether this body speaks for the person: the newest affiliation does, the body's
-- code breaking a tie, so that the order in which deliveries come changes nothing.
create temporary table incoming on commit drop as
select
  i.person_id,
  s.*,
  not exists (
    select
    from registry.affiliation as a
    where a.person_id = i.person_id and a.body <> :body and (a.affiliated_since, a.body) > (s.affiliated_since, :body)
  ) as speaks
from staged as s
inner join registry.identifier as i on s.matricule = i.matricule
order by i.person_id
