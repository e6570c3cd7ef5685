-- One file for a system, locked: its answer is decided once. Index: the primary key.
select
  system,
  records,
  status,
  sha256
from accounts.outbound_file
where file_no = :file_no
for update
