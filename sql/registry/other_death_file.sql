-- A file of deaths that was taken in under the same name with another content. Index: the unique key (kind, object_key, sha256).
select work_id
from platform.inbound_file
where kind = 'deaths' and object_key = :name and refusal is null and work_id <> :work_id
