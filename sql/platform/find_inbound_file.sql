-- A partner's file that was taken in, with the sentence that refused it whole, if any. Index: the primary key.
select refusal
from platform.inbound_file
where work_id = :work_id
