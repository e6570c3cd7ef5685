-- The seals, oldest first; the last ones where `last` is given. Few rows: one a day. Index: audit_link_of_seal.
select
  s.seal_no,
  s.sealed_on,
  s.after,
  s.up_to,
  s.head,
  l.links,
  l.rows
from platform.audit_seal as s
cross join
  lateral (
    select
      count(*) as links,
      coalesce(sum(k.rows), 0) as rows
    from platform.audit_link as k
    where k.seal_no = s.seal_no
  ) as l
where s.seal_no > (select max(m.seal_no) from platform.audit_seal as m) - coalesce(cast(:last as integer), 2147483647)
order by s.seal_no
