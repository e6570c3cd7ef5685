-- A system has answered a file. Idempotency: only a WRITTEN file. Index: the primary key.
update accounts.outbound_file
set status = 'ANSWERED', accepted = :accepted
where file_no = :file_no and status = 'WRITTEN'
