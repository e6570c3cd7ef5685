-- People whose space was closed by a death that was found to be wrong. Grain: one person. Index: fact_noted, then primary keys.
-- Idempotency: only a space that a death closed, and that is not condemned, is found.
select a.person_id
from registry.facts_noted(array['DEATH_REVERSED'], :after, :up_to) as f
inner join registry.person as p on f.person_id = p.person_id and p.died_on is null
inner join accounts.account as a on f.person_id = a.person_id and a.status = 'CLOSED' and a.closing_reason = 'DEATH'
order by a.person_id
