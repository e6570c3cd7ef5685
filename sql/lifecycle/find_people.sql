-- The people whom a file's lines name, and where they stand: the columns of `lifecycle.deciding.Standing`. Of several spaces the one that
-- is not destroyed counts, else the newest. Grain: one matricule. Index: the identifiers' primary key, then primary keys.
select
  i.matricule,
  i.person_id,
  p.birth_date,
  p.died_on is not null as is_dead,
  exists(select from registry.in_doubt as d where d.person_id = i.person_id) as is_doubtful,
  exists(
    select from campaign.journey as j
    where j.person_id = i.person_id and j.campaign_id = :campaign_id and j.status = 'OPPOSED'
  ) as has_opposed,
  cast(a.account_id as text) as account_id,
  a.status as account,
  exists(
    select from lifecycle.deletion as k
    where k.person_id = a.person_id and k.account_id = a.account_id and k.revoked_by is null
  ) as has_asked_deletion,
  s.told_on is not null as is_told,
  s.objected_at is not null as has_objected
from unnest(cast(:matricules as text[])) as given (matricule)
inner join registry.identifier as i on given.matricule = i.matricule
inner join registry.person as p on i.person_id = p.person_id
left join
  lateral (
    select
      x.person_id,
      x.account_id,
      x.status
    from accounts.account as x
    where x.person_id = i.person_id
    order by x.status = 'PURGED' asc, x.opened_on desc, x.account_id asc
    limit 1
  ) as a
  on true
left join
  lateral (
    select
      u.told_on,
      u.objected_at
    from lifecycle.suspension as u
    where a.status = 'SUSPENDED' and u.person_id = a.person_id and u.account_id = a.account_id
    order by u.suspended_by desc
    limit 1
  ) as s
  on true
