-- Locks the journeys and the spaces of the people whom a file's matricules name, in the order of their ids: what is read next stays so.
-- Grain: one person. Index: the identifiers' primary key, then primary keys.
with named as (
  select distinct i.person_id
  from unnest(cast(:matricules as text[])) as given (matricule)
  inner join registry.identifier as i on given.matricule = i.matricule
),

journeys as materialized (
  select j.person_id
  from campaign.journey as j
  where j.person_id in (select n.person_id from named as n)
  order by j.person_id
  for update
),

spaces as materialized (
  select a.person_id
  from accounts.account as a
  where a.person_id in (select n.person_id from named as n)
  order by a.person_id
  for update
)

select
  (select count(*) from journeys) as journeys,
  (select count(*) from spaces) as spaces
