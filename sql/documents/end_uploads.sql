-- The objects of documents that are indexed in this transaction are no longer about to be. Returns those that still were: one that the
-- sweep took away meanwhile is missing. Grain: one object. Index: upload's key.
delete from documents.upload as u
using unnest(cast(:account_ids as uuid[]), cast(:sha256 as bytea[])) as g (account_id, sha256)
where u.account_id = g.account_id and u.sha256 = g.sha256
returning u.account_id, u.sha256
