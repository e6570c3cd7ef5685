-- Claims the next chunk of e-mails of a shard, and returns what their messages need. Claims that an earlier run never confirmed are
-- taken up too: they may have left, and are submitted again with the same Message-ID and code.
-- Grain: one attempt. Idempotency key: the attempt's primary key. Index: attempt_open. The caller holds the shard's lock.
with due as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no
  from campaign.attempt as a
  inner join campaign.wave_approved_with(:content) as w on a.wave_id = w.wave_id and (w.is_open or a.status = 'CLAIMED')
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
  set status = 'CLAIMED', submissions = a.submissions + 1, template = cast(:templates as jsonb) ->> a.subject
  from due
  where a.person_id = due.person_id and a.campaign_id = due.campaign_id and a.attempt_no = due.attempt_no
  returning a.person_id, a.campaign_id, a.attempt_no, a.submissions
)

select
  a.person_id,
  a.campaign_id,
  a.attempt_no,
  a.code_key_version,
  c.submissions,
  a.email,
  d.digest is not null as is_dead,
  a.body,
  a.subject,
  a.happened_on,
  a.receipt,
  a.kept_until,
  a.is_represented,
  a.is_minor,
  a.person_first_names,
  a.person_name,
  a.recipient_first_names,
  a.recipient_name
from claimed as c
inner join notices.addressed_attempt as a
  on c.person_id = a.person_id and c.campaign_id = a.campaign_id and c.attempt_no = a.attempt_no
left join campaign.dead_address as d on d.digest = campaign.address_digest(a.email)
order by a.person_id, a.attempt_no
