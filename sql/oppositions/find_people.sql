-- The people whom a file's lines name, with all that decides, locked so that no opening passes between reading and writing.
-- Grain: one matricule. Index: the identifiers' primary key, then primary keys.
select
  i.matricule,
  i.person_id,
  p.birth_date,
  j.campaign_id,
  j.status,
  j.attempt_no,
  j.last_day,
  coalesce(f.failures, 0) as failures
from registry.identifier as i
inner join registry.person as p on i.person_id = p.person_id
inner join campaign.journey as j on i.person_id = j.person_id and j.campaign_id = :campaign_id
left join oppositions.failure as f on i.person_id = f.person_id
where i.matricule = any(:matricules)
order by i.person_id
for update of j
