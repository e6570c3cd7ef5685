-- People with a space about whom a fact was noted that may change who manages it. Grain: one person. Index: fact_noted, then primary keys.
select distinct a.person_id
from registry.facts_noted(array['CAME_OF_AGE', 'PROTECTED', 'PROTECTION_ENDED', 'REPRESENTATIVE_CHANGED', 'DIED'], :after, :up_to) as f
left join registry.representative as r on f.kind = 'DIED' and f.person_id = r.representative_id
inner join accounts.account as a
  on coalesce(r.person_id, f.person_id) = a.person_id and a.status in ('OPEN', 'SUSPENDED', 'IMPOSSIBLE')
order by a.person_id
