-- Addresses the messages that wait: to the person, or to whoever represents them on that day, by e-mail, else by post. A channel that
-- failed for a message is not tried again with the same contact data, nor an address that bounced for anybody. Where nobody can be written
-- to, the message waits with the reason, and each dispatch looks again; so does one whose person has had all fifty numbers of messages.
-- People who died are told nothing, for good.
-- Grain: one message. Idempotency: the unit of work; what is addressed waits no more. Index: message_waiting, then primary keys.
with waiting as (
  select
    m.message_id,
    m.person_id,
    m.campaign_id,
    m.subject,
    p.died_on,
    registry.is_minor(p.born_on, :day) or coalesce(p.protection = any(:represented_by), false) as is_represented
  from notices.message as m
  inner join registry.person as p on m.person_id = p.person_id
  where m.addressed_in is null and m.campaign_id = :campaign_id
  order by m.message_id
  for update of m
),

recipient as (
  select
    message_id,
    person_id as recipient_id,
    0 as rank
  from waiting
  where not is_represented
  union all
  select
    w.message_id,
    r.representative_id,
    r.rank
  from waiting as w
  inner join registry.representative as r on w.person_id = r.person_id
  inner join registry.person as rp on r.representative_id = rp.person_id and rp.died_on is null
  where w.is_represented
),

reachable as (
  select
    r.message_id,
    r.recipient_id,
    r.rank,
    c.version as contact_version,
    case
      when
        c.email is not null and 'EMAIL' <> all(f.channels)
        and not exists (select from campaign.dead_address as d where d.digest = campaign.address_digest(c.email))
        then 'EMAIL'
      when c.address_flags & :unusable_address = 0 and 'LETTER' <> all(f.channels) then 'LETTER'
    end as channel
  from recipient as r
  inner join registry.contact as c on r.recipient_id = c.person_id
  inner join waiting as w on r.message_id = w.message_id
  cross join
    lateral (
      select coalesce(array_agg(k.channel), '{}') as channels
      from campaign.attempt as k
      where
        k.person_id = w.person_id and k.campaign_id = w.campaign_id and k.message_id = w.message_id
        and k.recipient_id = r.recipient_id and k.contact_version = c.version and k.status = 'FAILED'
    ) as f
),

chosen as (
  select distinct on (message_id)
    message_id,
    recipient_id,
    contact_version,
    channel
  from reachable
  order by message_id asc, channel is null asc, rank asc
),

numbered as (
  select
    w.*,
    c.recipient_id,
    c.contact_version,
    c.channel,
    greatest(
      50,
      1 + (select max(k.attempt_no) from campaign.attempt as k where k.person_id = w.person_id and k.campaign_id = w.campaign_id)
    ) + row_number() over (partition by w.person_id order by w.message_id) - 1 as attempt_no
  from waiting as w
  left join chosen as c on w.message_id = c.message_id
),

decided as (
  select
    *,
    case
      when died_on is not null then 'DECEASED'
      when recipient_id is null and is_represented then 'NO_REPRESENTATIVE'
      when channel is null then 'NO_ADDRESS'
      when attempt_no > 99 then 'NO_NUMBER_LEFT'
    end as reason
  from numbered
),

attempts as (
  insert into campaign.attempt (
    person_id, campaign_id, attempt_no, wave_id, message_id, channel, subject, recipient_id, contact_version, code_key_version
  )
  select
    d.person_id,
    d.campaign_id,
    d.attempt_no,
    0,
    d.message_id,
    d.channel,
    d.subject,
    d.recipient_id,
    d.contact_version,
    k.code_key_version
  from decided as d
  inner join campaign.campaign as k on d.campaign_id = k.campaign_id
  where d.reason is null
),

settled as (
  update notices.message as m
  set addressed_in = case when d.reason is null or d.reason = 'DECEASED' then cast(:work_id as bigint) end, reason = d.reason
  from decided as d
  where m.message_id = d.message_id
)

select
  count(*) filter (where reason is null and channel = 'EMAIL') as emails,
  count(*) filter (where reason is null and channel = 'LETTER') as letters,
  count(*) filter (where reason is not null) as nobody
from decided
