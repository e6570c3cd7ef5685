-- A system could not read a file: it is written again with the next run. Idempotency: only a WRITTEN file. Index: the primary key.
update accounts.outbound_file
set status = 'PLANNED'
where file_no = :file_no and status = 'WRITTEN'
