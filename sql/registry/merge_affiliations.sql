-- Grain: one person and body. Writes only what differs.
merge into registry.affiliation as a
using incoming as s
  on a.person_id = s.person_id and a.body = :body
when matched and (a.office, a.affiliated_since) is distinct from (s.office, s.affiliated_since) then
  update set office = s.office, affiliated_since = s.affiliated_since, reference_date = :reference_date
when not matched then
  insert (person_id, body, office, affiliated_since, reference_date)
  values (s.person_id, :body, s.office, s.affiliated_since, :reference_date)
