-- Claims people whose records received something before a day, each once whatever the days, and returns how to write to them: to the
-- person, or to whoever manages the space. No address where nobody is to be written to: the space is not open any more, the person died,
-- there is no e-mail, or it bounced. Grain: one person. Idempotency: what is claimed is not due. Index: alert_due, then primary keys.
with due as (
  select
    t.person_id,
    t.day
  from documents.alert as t
  where not t.is_claimed and t.day < :day
  order by t.day, t.person_id
  limit :size
  for update of t skip locked
),

claimed as (
  update documents.alert as t
  set is_claimed = true
  from due
  where t.person_id = due.person_id and not t.is_claimed and t.day < :day
  returning t.person_id
)

select
  d.person_id,
  a.managed_by is not null as is_represented,
  registry.is_minor(p.born_on, :day) as is_minor,
  p.first_names as person_first_names,
  coalesce(p.used_name, p.birth_name) as person_name,
  r.first_names as recipient_first_names,
  coalesce(r.used_name, r.birth_name) as recipient_name,
  c.body,
  case when a.account_id is not null and p.died_on is null and x.digest is null then c.email end as email
from (select distinct person_id from claimed) as d
inner join registry.person as p on d.person_id = p.person_id
left join accounts.account as a on d.person_id = a.person_id and a.status = 'OPEN'
left join registry.person as r on coalesce(a.managed_by, d.person_id) = r.person_id
left join registry.contact as c on r.person_id = c.person_id
left join campaign.dead_address as x on x.digest = campaign.address_digest(c.email)
order by d.person_id
