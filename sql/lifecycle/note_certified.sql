-- Keeps that the certificate of a batch lies in the object store. Idempotency: only a batch that is destroyed. Index: the primary key.
update lifecycle.destruction
set is_certified = true
where batch_id = :batch_id and destroyed_on is not null
