-- Ends what somebody wished for files, once it is done and answered: those that are held no longer leave the quarantine. Grain: one file.
-- Index: quarantined's key.
with gone as (
  delete from documents.quarantined
  where delivery_id = any(cast(:delivery_ids as uuid[])) and wish = 'ANSWER' and not is_held
)

update documents.quarantined
set wish = null, wished_in = null
where delivery_id = any(cast(:delivery_ids as uuid[])) and wish = 'ANSWER' and is_held
