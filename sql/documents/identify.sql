-- Whose documents are, and what the registry and the spaces say of these people: one row for each identity that is asked, in no order.
-- A former number leads to its person; an authority says of which kind a number is (none: any, for the identities of tests). `is_same`
-- holds where every trait is the registry's own, exactly; a date that a document knows less precisely than the registry is another.
-- Of several spaces the one in use is told, else the last one. Whoever two people named (`named`) is the same, whatever the document says.
-- Grain: one identity. Indexes: identifier's key, then the keys of person, account, journey, feeding_opposition.
select
  g.n,
  p.person_id,
  g.named is not null or coalesce(
    p.birth_name_key = g.birth_name
    and p.first_names_key = g.first_names
    and p.sex = g.sex
    and case g.precision
      when 'DAY' then p.born_on = g.born_on
      when p.birth_precision then date_trunc(g.precision, p.born_on) = date_trunc(g.precision, g.born_on)
    end
    and (not g.asks_birthplace or p.birthplace_code = g.birthplace), false
  ) as is_same,
  p.died_on is not null as is_dead,
  a.account_id,
  a.status as account_status,
  j.status = 'OPPOSED' as is_opposed,
  f.person_id is not null as objects_to_feeding
from
  jsonb_to_recordset(cast(:identities as jsonb)) as g (
    n integer, matricule text, kind text, birth_name text, first_names text, sex text, born_on date, precision text,
    asks_birthplace boolean, birthplace text, named bigint
  )
left join
  registry.identifier as i
  on g.named is null and g.matricule = i.matricule and (g.kind is null or g.kind = i.matricule_kind)
left join registry.person as p on p.person_id = coalesce(g.named, i.person_id)
left join campaign.journey as j on p.person_id = j.person_id and j.campaign_id = :campaign_id
left join
  documents.feeding_opposition as f
  on p.person_id = f.person_id and f.organization = :organization and not f.is_withdrawn
left join
  lateral (
    select
      s.account_id,
      s.status
    from accounts.account as s
    where s.person_id = p.person_id
    order by s.status in ('OPEN', 'SUSPENDED', 'IMPOSSIBLE') desc, s.opened_on desc
    limit 1
  ) as a
  on true
