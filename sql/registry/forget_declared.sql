-- What other bodies said of two people who are one: it is laid down again, together. Grain: one person and body. Index: the primary key.
delete from registry.second_affiliation
where person_id in (:kept, :dropped)
