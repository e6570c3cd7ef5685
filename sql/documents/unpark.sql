-- Forgets what files waited for: everything in them is decided. Grain: one file. Index: parked's key.
delete from documents.parked
where delivery_id = any(cast(:delivery_ids as uuid[]))
