-- People whose space ends by what the registry tells: they died, or their rights ended so many days ago where the policy says that this
-- closes. A fact says when to look, the person and the space say what is so. Grain: one person.
-- Index: fact_noted, fact_by_day, then primary keys. Idempotency: only a space that is not closed is found.
with noted as (
  select person_id from registry.facts_noted(array['DIED', 'LEFT'], :after, :up_to)
  union
  select person_id
  from registry.fact
  where kind = 'LEFT' and happened_on > cast(:ended_after as date) and happened_on <= cast(:ended_by as date)
)

select
  n.person_id,
  case when p.died_on is not null then 'DEATH' else 'RIGHTS_END' end as reason
from noted as n
inner join registry.person as p on n.person_id = p.person_id
inner join accounts.account as a on n.person_id = a.person_id and a.status in ('OPEN', 'SUSPENDED', 'IMPOSSIBLE')
where p.died_on is not null or p.rights_end_on <= cast(:ended_by as date)
order by n.person_id
