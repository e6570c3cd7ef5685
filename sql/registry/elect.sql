-- Of all that bodies say of a contested person, the newest affiliation speaks, one whose rights have ended by the day only where all
-- have; the body's code breaks a tie: the order in which deliveries come changes nothing. What speaks leaves the others; it is taken up
-- (`incoming`) unless it spoke already and nobody tells a death.
-- Grain: one contested person. Index: primary keys.
with best as (
  select distinct on (a.person_id) a.*
  from contested as t
  inner join registry.second_affiliation as a on t.person_id = a.person_id
  order by a.person_id asc, a.rights_end_on is not null and a.rights_end_on <= :day, a.affiliated_since desc, a.body desc
),

taken as (
  delete from registry.second_affiliation as a
  using best as b
  where a.person_id = b.person_id and a.body = b.body
)

insert into incoming
select
  b.*,
  b.died_on as declared_died_on
from best as b
inner join registry.contact as c on b.person_id = c.person_id
inner join registry.person as p on b.person_id = p.person_id
where
  b.body = :body
  or b.body <> c.body
  or p.died_on is not null
  or exists (select from registry.second_affiliation as a where a.person_id = b.person_id and a.died_on is not null)
