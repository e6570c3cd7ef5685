-- What the certificate of a batch says. Index: the primary key.
select
  batch_id,
  rule,
  condemned_on,
  destroyed_on,
  accounts,
  documents,
  bytes,
  list_sha256
from lifecycle.destruction
where batch_id = :batch_id
