-- People to look at today although their department has been told: newcomers, and whoever a fact of the registry may have made eligible.
-- Grain: one department. Index: fact_noted, then the contacts' primary key.
select
  c.department,
  array_agg(distinct f.person_id order by f.person_id) as people
from registry.facts_noted(cast(:kinds as text[]), :after, :up_to) as f
inner join registry.contact as c on f.person_id = c.person_id
inner join campaign.told_department as t
  on c.department = t.department and t.campaign_id = :campaign_id and :day - t.told_on < :again_after_days
group by c.department
order by c.department
