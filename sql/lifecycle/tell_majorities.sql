-- Tells people who came of age, and whose space was opened before, that it stays open unless they oppose; not whoever is represented as a
-- protected adult. Grain: one person and birthday.
-- Idempotency: the message's key. Index: fact_noted, then primary keys.
insert into notices.message (person_id, campaign_id, subject, happened_on, work_id)
select
  a.person_id,
  a.campaign_id,
  'majority_opened',
  f.happened_on,
  :work_id
from registry.facts_noted(array['CAME_OF_AGE'], :after, :up_to) as f
inner join accounts.account as a
  on f.person_id = a.person_id and f.happened_on > a.opened_on and a.status in ('OPEN', 'SUSPENDED', 'IMPOSSIBLE')
inner join registry.person as p on a.person_id = p.person_id and p.died_on is null
where (p.protection = any(cast(:represented_by as text[]))) is not true
on conflict do nothing
