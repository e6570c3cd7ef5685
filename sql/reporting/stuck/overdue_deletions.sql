-- Spaces that are not destroyed although somebody asked for it and the policy's days are long over, since before :before: three months are
-- what the law gives. Not those of who died since: their archive is kept its ten years. Grain: one row.
-- Index: deletion_due, then primary keys.
select
  'express deletion' as place,
  count(*) as things,
  cast(min(d.asked_on) as timestamp) at time zone 'Europe/Paris' as since
from lifecycle.deletion as d
inner join accounts.account as a on d.person_id = a.person_id and d.account_id = a.account_id
where
  d.revoked_by is null and a.status in ('CLOSED', 'PURGING')
  and cast(d.asked_on as timestamp) at time zone 'Europe/Paris' < :before
  and not exists (select from registry.person as p where p.person_id = d.person_id and p.died_on is not null)
having count(*) > 0
