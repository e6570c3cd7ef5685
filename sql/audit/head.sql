-- The head of a seal as its links and the head before it give it now. Index: audit_link_of_seal.
select
  platform.audit_head(
    coalesce((select s.head from platform.audit_seal as s where s.seal_no = :seal_no - 1), ''),
    (select array_agg(l.digest order by l.shard) from platform.audit_link as l where l.seal_no = :seal_no)
  ) as head
