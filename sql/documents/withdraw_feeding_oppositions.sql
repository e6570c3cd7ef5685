-- Forgets the objections of people who let an organisation feed their record again. Grain: one person. Index: feeding_opposition's key.
delete from documents.feeding_opposition
where organization = :organization and person_id = any(cast(:person_ids as bigint[]))
