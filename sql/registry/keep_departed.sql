-- People whom the delivery names under another number: they stay. Grain: one person.
delete from departed
where person_id = any(cast(:person_ids as bigint[]))
