-- The seals, oldest first: all of them, or the last ones and, of the older ones, another part each day. `follows` tells whether the seal
-- begins where the one before ended. Few rows: one a day. Index: audit_link_of_seal.
with newest as (
  select max(seal_no) as seal_no
  from platform.audit_seal
)

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
cross join newest as n
left join platform.audit_seal as b on s.seal_no = b.seal_no + 1
cross join
  lateral (
    select
      count(*) as links,
      coalesce(sum(k.rows), 0) as rows
    from platform.audit_link as k
    where k.seal_no = s.seal_no
  ) as l
where
  cast(:last as integer) is null
  or s.seal_no > n.seal_no - :last
  or s.seal_no % cast(:last as integer) = n.seal_no % cast(:last as integer)
order by s.seal_no
