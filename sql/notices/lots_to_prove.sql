-- Of some lots, the first of each template (`templates` names the versions in place by subject) no lot of which has left: it is read again
-- whole, before any other is made. Few rows: one a lot.
select distinct on (l.subject) l.lot_id
from notices.print_lot as l
where
  l.lot_id = any(:lot_ids)
  and l.status = 'PLANNED'
  and not exists (
    select from notices.print_lot as p
    where p.template = cast(:templates as jsonb) ->> l.subject and p.handed_over_at is not null
  )
order by l.subject, l.lot_id
