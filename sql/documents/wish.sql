-- Keeps what somebody wishes for files of the quarantine; a wish that stands is not replaced. Grain: one file. Index: quarantined's key.
update documents.quarantined
set wish = cast(:wish as documents.wish), wished_in = :work_id
where delivery_id = any(cast(:delivery_ids as uuid[])) and is_held and wish is null
