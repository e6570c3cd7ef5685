-- Plans the people of one department, or some of them (`people`, all where null), who have no notice yet: who is told, through whom, by
-- which channel; who is not, and why.
-- Grain: one person. Idempotency key: the journey's primary key; only a journey that is ELIGIBLE or EXCLUDED is taken up again.
-- A channel that failed is not tried again until the registry brings other contact data (or other names, where no font could show them),
-- an address that bounced for anybody never. Who was told through a representative last and came of age is told so; who asked for a
-- new code since gets that.
-- Whoever may be another person of the registry is not told, whichever of the two it is, until a person has decided: of two notices to
-- one person, one could be opposed and the other opened.
-- Index: contact_by_department, doubt_open, then primary keys, looked up once a person (the planner would rather read whole tables for
-- each department: hence each `offset 0`). People beyond the room left in the day stay for the next.
with asked as (
  select
    k.person_id,
    k.version,
    k.body,
    k.email,
    k.address_flags
  from registry.contact as k
  where cast(:people as bigint[]) is null and k.department = :department
  union all
  select
    k.person_id,
    k.version,
    k.body,
    k.email,
    k.address_flags
  from unnest(cast(:people as bigint[])) as named (person_id)
  inner join registry.contact as k on named.person_id = k.person_id and k.department = :department
),

resident as (
  select
    c.person_id,
    c.version as own_version,
    c.body as own_body,
    c.email as own_email,
    c.address_flags as own_flags,
    p.died_on,
    p.rights_end_on,
    p.born_on,
    j.status as journey_status,
    j.reason as journey_reason,
    coalesce(j.attempt_no, 0) + 1 as attempt_no,
    c.person_id in (select d.person_id from registry.in_doubt as d) as is_doubtful,
    registry.is_minor(p.born_on, :day) or coalesce(p.protection = any(:represented_by), false) as is_represented
  from asked as c
  cross join
    lateral (
      select
        k.died_on,
        k.rights_end_on,
        k.born_on,
        k.protection
      from registry.person as k
      where k.person_id = c.person_id
      offset 0
    ) as p
  left join
    lateral (
      select
        k.person_id,
        k.status,
        k.reason,
        k.attempt_no
      from campaign.journey as k
      where k.person_id = c.person_id and k.campaign_id = :campaign_id
      offset 0
    ) as j
    on true
  where j.person_id is null or j.status in ('ELIGIBLE', 'EXCLUDED')
),

recipient as (
  select
    person_id,
    person_id as recipient_id,
    own_version as version,
    own_body as body,
    own_email as email,
    own_flags as address_flags
  from resident
  where not is_represented
  union all
  (
    select distinct on (r.person_id)
      r.person_id,
      link.representative_id as recipient_id,
      link.version,
      link.body,
      link.email,
      link.address_flags
    from resident as r
    cross join
      lateral (
        select
          k.representative_id,
          k.rank,
          rc.version,
          rc.body,
          rc.email,
          rc.address_flags
        from registry.representative as k
        inner join registry.person as rp on k.representative_id = rp.person_id and rp.died_on is null
        inner join registry.contact as rc on k.representative_id = rc.person_id
        where k.person_id = r.person_id
        offset 0
      ) as link
    where r.is_represented
    order by r.person_id, link.rank
  )
),

reachable as (
  select
    t.person_id,
    t.recipient_id,
    t.version as contact_version,
    t.body,
    t.email is not null and not exists (
      select from campaign.dead_address as d where d.digest = campaign.address_digest(t.email)
    ) as has_email,
    t.address_flags & :unusable_address = 0 as has_address
  from recipient as t
),

failed as (
  select
    t.person_id,
    array_agg(a.channel) as channels
  from resident as r
  inner join reachable as t on r.person_id = t.person_id
  cross join
    lateral (
      select k.channel
      from campaign.attempt as k
      inner join campaign.wave as w on k.wave_id = w.wave_id
      where
        k.person_id = t.person_id and k.recipient_id = t.recipient_id and k.contact_version = t.contact_version
        and k.status = 'FAILED'
        and not (
          k.failure = 'UNPRINTABLE'
          and exists (
            select from registry.former_identity as f
            where f.person_id in (t.person_id, t.recipient_id) and f.work_id > w.work_id
          )
        )
      offset 0
    ) as a
  where r.attempt_no > 1
  group by t.person_id
),

-- The last notice that left: to the representative of a minor, or with a code that its person has had replaced since.
last_told as (
  select
    r.person_id,
    a.recipient_id <> a.person_id and registry.is_minor(r.born_on, a.planned_for) as as_a_child,
    exists(
      select from oppositions.dead_code as d
      where d.person_id = r.person_id and d.campaign_id = :campaign_id and d.attempt_no = a.attempt_no
    ) as wants_a_code
  from resident as r
  cross join
    lateral (
      select
        k.person_id,
        k.attempt_no,
        k.recipient_id,
        w.planned_for
      from campaign.attempt as k
      inner join campaign.wave as w on k.wave_id = w.wave_id
      where k.person_id = r.person_id and k.campaign_id = :campaign_id and k.status = 'SENT'
      order by k.attempt_no desc
      limit 1
    ) as a
  where r.attempt_no > 1
),

addressed as (
  select
    r.*,
    case
      when l.as_a_child and not r.is_represented then 'majority'
      when l.wants_a_code then 'new_code'
      else 'notice'
    end as subject,
    t.recipient_id,
    t.contact_version,
    t.body,
    case
      when t.has_email and 'EMAIL' <> all(coalesce(f.channels, '{}')) then 'EMAIL'
      when t.has_address and 'LETTER' <> all(coalesce(f.channels, '{}')) then 'LETTER'
    end as channel
  from resident as r
  left join reachable as t on r.person_id = t.person_id
  left join failed as f on r.person_id = f.person_id
  left join last_told as l on r.person_id = l.person_id
),

decided as (
  select
    *,
    case
      when died_on is not null then 'DECEASED'
      when rights_end_on <= :day then 'LEFT'
      when is_doubtful then 'DOUBTFUL_IDENTITY'
      when born_on is null then 'BIRTH_DATE_UNKNOWN'
      when recipient_id is null then 'NO_REPRESENTATIVE'
      when channel is null then 'NO_ADDRESS'
      when exists (
        select from accounts.account as a
        where a.person_id = addressed.person_id and a.status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED')
      ) then 'ALREADY_OPEN'
    end as exclusion
  from addressed
),

-- E-mails first, as in the forecast; who is beyond the room of their body takes no place of their channel.
in_body as (
  select
    *,
    (
      row_number() over (partition by exclusion is null, body order by channel, person_id)
      <= cast(cast(:body_rooms as jsonb) ->> body as bigint)
    ) is not false as has_room_in_body
  from decided
),

ranked as (
  select
    *,
    row_number() over (partition by exclusion is null, has_room_in_body, channel order by person_id) as place
  from in_body
),

chosen as (
  select
    *,
    case when exclusion is null then 'PLANNED' else 'EXCLUDED' end::campaign.journey_status as status
  from ranked
  where
    (
      exclusion is null
      and place <= case channel when 'EMAIL' then :email_room else :letter_room end
      and has_room_in_body
    )
    or (exclusion is not null and (journey_status, journey_reason) is distinct from ('EXCLUDED', exclusion))
),

journeys as (
  insert into campaign.journey (person_id, campaign_id, status, reason, wave_id, attempt_no)
  select
    person_id,
    :campaign_id,
    status,
    exclusion,
    case when exclusion is null then cast(:wave_id as integer) end,
    case when exclusion is null then attempt_no else attempt_no - 1 end
  from chosen
  on conflict (person_id, campaign_id) do update
    set
      status = excluded.status, reason = excluded.reason, wave_id = excluded.wave_id,
      attempt_no = excluded.attempt_no, last_day = null
),

attempts as (
  insert into campaign.attempt (
    person_id, campaign_id, attempt_no, wave_id, channel, subject, recipient_id, contact_version, code_key_version
  )
  select
    person_id,
    :campaign_id,
    attempt_no,
    :wave_id,
    channel,
    subject,
    recipient_id,
    contact_version,
    (select k.code_key_version from campaign.campaign as k where k.campaign_id = :campaign_id)
  from chosen
  where exclusion is null
)

select
  (select count(*) from chosen where exclusion is null and channel = 'EMAIL') as emails,
  (select count(*) from chosen where exclusion is null and channel = 'LETTER') as letters,
  (select count(*) from chosen where exclusion is not null) as excluded,
  (select count(*) from ranked where exclusion is null) - (select count(*) from chosen where exclusion is null) as left_over,
  (
    select coalesce(jsonb_object_agg(b.body, b.notices), '{}')
    from (
      select
        c.body,
        count(*) as notices
      from chosen as c
      where c.exclusion is null
      group by c.body
    ) as b
  ) as by_body,
  (
    select coalesce(jsonb_object_agg(e.exclusion, e.people), '{}')
    from (
      select
        c.exclusion,
        count(*) as people
      from chosen as c
      where c.exclusion is not null
      group by c.exclusion
    ) as e
  ) as by_exclusion
