-- The links of one seal that are not what the rows of the trail say now. Grain: one shard. Index: audit_recorded, audit_link_of_seal.
select
  coalesce(l.shard, d.shard) as shard,
  coalesce(l.rows, 0) as sealed_rows,
  coalesce(d.rows, 0) as found_rows
from (select * from platform.audit_link where seal_no = :seal_no) as l
full join platform.audit_digests(:after, :up_to) as d on l.shard = d.shard
where l.digest is distinct from platform.audit_chained(d.shard, :seal_no, d.content)
order by shard
