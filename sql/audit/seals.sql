-- The seals, oldest first. `follows` tells whether one begins where the one before ended. Few rows: one a day. Index: audit_link_of_seal.
select
  s.seal_no,
  s.sealed_on,
  s.after,
  s.up_to,
  s.head,
  l.links,
  l.rows,
  coalesce(s.after = case when s.seal_no = 1 then 0 else b.up_to end, false) as follows
from platform.audit_seal as s
left join platform.audit_seal as b on s.seal_no = b.seal_no + 1
cross join
  lateral (
    select
      count(*) as links,
      coalesce(sum(k.rows), 0) as rows
    from platform.audit_link as k
    where k.seal_no = s.seal_no
  ) as l
order by s.seal_no
