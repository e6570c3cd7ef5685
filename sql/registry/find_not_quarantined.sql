-- The first row that a corrected file names and that is not in the delivery's quarantine. Index: the primary key.
select
  given.file,
  given.line
from unnest(cast(:files as text[]), cast(:lines as bigint[])) as given (file, line)
left join registry.quarantine as q
  on q.delivery_id = :delivery_id and given.file = q.file and given.line = q.line
where q.line is null
order by given.file, given.line
limit 1
