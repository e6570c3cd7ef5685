-- A file lies in the object store, its manifest too. Idempotency: only a PLANNED file. Index: the primary key.
update accounts.outbound_file
set status = 'WRITTEN', sha256 = :sha256, written_on = :day
where file_no = :file_no and status = 'PLANNED'
