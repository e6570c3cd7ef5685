-- What a body said of people it no longer names, while another body speaks for them. Grain: one person. Index: the primary key.
delete from registry.second_affiliation as a
using departed as d
where a.person_id = d.person_id and a.body = :body
