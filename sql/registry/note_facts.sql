-- What changes for the incoming people, as dated facts. Read before the persons are changed. Grain: one fact. Idempotency: the primary
-- key. Index: the persons' and contacts' primary keys.
insert into registry.fact (person_id, kind, happened_on, work_id)
select
  n.person_id,
  f.kind,
  f.happened_on,
  :work_id
from incoming as n
inner join registry.person as p on n.person_id = p.person_id
inner join registry.contact as c on n.person_id = c.person_id
cross join
  lateral (
    values
    ('LEFT', n.rights_end_on, n.rights_end_on is not null and n.rights_end_on is distinct from p.rights_end_on),
    ('RETURNED', :reference_date, n.rights_end_on is null and p.rights_end_on is not null),
    ('DIED', n.died_on, n.died_on is not null and p.died_on is null),
    ('DEATH_REVERSED', :reference_date, n.died_on is null and p.died_on is not null),
    ('PROTECTED', :reference_date, n.protection is not null and n.protection is distinct from p.protection),
    ('PROTECTION_ENDED', :reference_date, n.protection is null and p.protection is not null),
    ('BODY_CHANGED', n.affiliated_since, n.body <> c.body)
  ) as f (kind, happened_on, is_true)
where f.is_true
on conflict do nothing
