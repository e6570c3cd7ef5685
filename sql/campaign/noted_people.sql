-- People to look at today although their department has been told: newcomers, whoever a fact of the registry may have made eligible, and
-- whoever was given back to planning (a new code, an address corrected after a returned letter).
-- Grain: one department. Index: fact_noted, journey_eligible, then the contacts' primary key.
with noted as (
  select person_id from registry.facts_noted(cast(:kinds as text[]), :after, :up_to)
  union all
  select person_id from campaign.journey
  where status = 'ELIGIBLE' and campaign_id = :campaign_id
)

select
  c.department,
  array_agg(distinct n.person_id order by n.person_id) as people
from noted as n
inner join registry.contact as c on n.person_id = c.person_id
inner join campaign.told_department as t
  on c.department = t.department and t.campaign_id = :campaign_id and :day - t.told_on < :again_after_days
group by c.department
order by c.department
