-- Of keys of files for the systems behind, those that stay although their time is over: the system has not answered. Grain: one key.
-- Index: the files' primary key.
select k.key
from unnest(cast(:keys as text[])) as k (key)
left join accounts.outbound_file as f on cast(substring(k.key from '/outbound/([0-9]+)/') as bigint) = f.file_no
where f.status is null or f.status <> 'ANSWERED'
