-- People whose space was closed by a death that was found to be wrong; not who asked for its closing meanwhile, or before
-- (`accounts.still_closes`): it stays closed. Grain: one person. Index: fact_noted, the requests of a person, primary keys.
-- Idempotency: only a space that a death closed, and that is not condemned, is found.
select a.person_id
from registry.facts_noted(array['DEATH_REVERSED'], :after, :up_to) as f
inner join registry.person as p on f.person_id = p.person_id and p.died_on is null
inner join accounts.account as a on f.person_id = a.person_id and a.status = 'CLOSED' and a.closing_reason = 'DEATH'
where
  not exists (
    select from oppositions.request as q
    inner join platform.unit_of_work as w on q.work_id = w.work_id
    where
      q.person_id = a.person_id and q.outcome = 'CLOSING'
      and accounts.still_closes(q.received_at, w.as_of, a.opened_on, a.asked_for_at)
  )
order by a.person_id
