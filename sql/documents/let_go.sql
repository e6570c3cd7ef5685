-- Takes files out of the quarantine for good, once they were given back or purged: their documents stay refused. Grain: one file.
-- Index: quarantined's key.
delete from documents.quarantined
where delivery_id = any(cast(:delivery_ids as uuid[]))
