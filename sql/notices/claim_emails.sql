-- Claims the next chunk of e-mails of a shard, and returns what their messages need. Claims that an earlier, killed run never
-- confirmed come first: they may have left, and are submitted again with the same Message-ID and code.
-- Grain: one attempt. Idempotency key: the attempt's primary key. Index: attempt_open. The caller holds the shard's lock.
with due as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no
  from campaign.attempt as a
  inner join campaign.wave as w on a.wave_id = w.wave_id and w.status = 'APPROVED'
  where
    a.channel = 'EMAIL'
    and a.status in ('PREPARED', 'CLAIMED')
    and a.person_id between :first_id and :last_id
    and (a.person_id, a.attempt_no) > (:after_id, :after_no)
  order by a.person_id, a.attempt_no
  limit :size
  for update of a
),

claimed as (
  update campaign.attempt as a
  set status = 'CLAIMED', submissions = a.submissions + 1, template = :template
  from due
  where a.person_id = due.person_id and a.campaign_id = due.campaign_id and a.attempt_no = due.attempt_no
  returning a.person_id, a.campaign_id, a.attempt_no, a.recipient_id, a.contact_version, a.submissions
)

select
  a.person_id,
  a.campaign_id,
  a.attempt_no,
  a.submissions,
  c.email,
  c.body,
  a.recipient_id <> a.person_id as is_represented,
  p.born_on + make_interval(years => :majority_years) > :day as is_minor,
  p.first_names as person_first_names,
  coalesce(p.used_name, p.birth_name) as person_name,
  r.first_names as recipient_first_names,
  coalesce(r.used_name, r.birth_name) as recipient_name
from claimed as a
inner join registry.contact_version as c on a.recipient_id = c.person_id and a.contact_version = c.version
inner join registry.person as p on a.person_id = p.person_id
inner join registry.person as r on a.recipient_id = r.person_id
order by a.person_id, a.attempt_no
