-- The people whom a file's lines name, with all that decides, locked so that no opening passes between reading and writing.
-- `failures` are the wrong tries on all channels; the last code that the person replaced is given where there is one, and that of an e-mail
-- that bounced before the notice in force, where such codes live. The version of the
-- key of a code is null where it is retired.
-- Grain: one matricule. Index: the identifiers' primary key, then primary keys.
select
  i.matricule,
  i.person_id,
  p.birth_date,
  p.birth_name_key,
  j.status,
  j.attempt_no,
  j.last_day,
  coalesce(f.failures, 0) as failures,
  d.attempt_no as dead_attempt_no,
  d.died_at,
  d.last_day as dead_last_day,
  case when a.code_key_version >= c.oldest_code_key then a.code_key_version end as key_version,
  case when d.code_key_version >= c.oldest_code_key then d.code_key_version end as dead_key_version,
  b.attempt_no as bounced_attempt_no,
  case when b.code_key_version >= c.oldest_code_key then b.code_key_version end as bounced_key_version
from unnest(cast(:matricules as text[])) as given (matricule)
inner join registry.identifier as i on given.matricule = i.matricule
inner join registry.person as p on i.person_id = p.person_id
inner join campaign.journey as j on i.person_id = j.person_id and j.campaign_id = :campaign_id
inner join campaign.campaign as c on j.campaign_id = c.campaign_id
left join campaign.attempt as a
  on j.person_id = a.person_id and j.campaign_id = a.campaign_id and j.attempt_no = a.attempt_no
left join campaign.attempt as b
  on
    :bounced_codes_live and j.person_id = b.person_id and j.campaign_id = b.campaign_id and j.attempt_no - 1 = b.attempt_no
    and a.wave_id = b.wave_id and b.status = 'FAILED' and b.sent_on is not null
left join
  lateral (
    select sum(k.failures) as failures
    from oppositions.failure as k
    where k.person_id = i.person_id and k.campaign_id = :campaign_id
  ) as f
  on true
left join
  lateral (
    select
      k.attempt_no,
      k.died_at,
      k.last_day,
      t.code_key_version
    from oppositions.dead_code as k
    inner join campaign.attempt as t
      on k.person_id = t.person_id and k.campaign_id = t.campaign_id and k.attempt_no = t.attempt_no
    where k.person_id = i.person_id and k.campaign_id = :campaign_id
    order by k.attempt_no desc
    limit 1
  ) as d
  on true
order by i.person_id
for update of j
