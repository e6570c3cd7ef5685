-- What every body says of two people who are one, unless it let them go, inside one transaction. Grain: one person and body.
-- Index: primary keys, identifier_of_person.
create temporary table declared on commit drop as
select w.*
from registry.spoken as w
where w.person_id in (:kept, :dropped)
union all
select a.*
from registry.second_affiliation as a
where a.person_id in (:kept, :dropped)
