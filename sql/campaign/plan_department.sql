-- Plans the people of one department who have no notice yet: who is told, through whom, by which channel; who is not, and why.
-- Grain: one person. Idempotency key: the journey's primary key; only a journey that is ELIGIBLE or EXCLUDED is taken up again.
-- A channel that failed is not tried again until the registry brings other contact data.
-- Index: contact_by_department, then primary keys. People beyond the room left in the day stay for the next.
with resident as (
  select
    c.person_id,
    p.died_on,
    p.rights_end_on,
    p.born_on,
    j.status as journey_status,
    j.reason as journey_reason,
    coalesce(j.attempt_no, 0) + 1 as attempt_no,
    coalesce(
      p.born_on + make_interval(years => :majority_years) > :day
      or p.protection = any(:represented_by),
      false
    ) as is_represented
  from registry.contact as c
  inner join registry.person as p on c.person_id = p.person_id
  left join campaign.journey as j on c.person_id = j.person_id and j.campaign_id = :campaign_id
  where
    c.is_current
    and c.department = :department
    and (j.person_id is null or j.status in ('ELIGIBLE', 'EXCLUDED'))
),

addressed as (
  select
    r.*,
    t.person_id as recipient_id,
    t.version as contact_version,
    case
      when t.email is not null and not 'EMAIL' = any(t.failed_channels) then 'EMAIL'
      when t.postcode is not null and t.town is not null and not 'LETTER' = any(t.failed_channels) then 'LETTER'
    end as channel
  from resident as r
  left join lateral (
    select
      rc.person_id,
      rc.version,
      rc.email,
      rc.postcode,
      rc.town,
      array(
        select a.channel
        from campaign.attempt as a
        where
          a.person_id = r.person_id and a.status = 'FAILED'
          and a.recipient_id = rc.person_id and a.contact_version = rc.version
      ) as failed_channels
    from (
      select
        r.person_id as candidate_id,
        0 as rank
      where not r.is_represented
      union all
      select
        link.representative_id,
        link.rank
      from registry.representative as link
      where r.is_represented and link.person_id = r.person_id
    ) as candidate
    inner join registry.person as rp on candidate.candidate_id = rp.person_id and rp.died_on is null
    inner join registry.contact as rc on candidate.candidate_id = rc.person_id and rc.is_current
    order by candidate.rank
    limit 1
  ) as t on true
),

decided as (
  select
    *,
    case
      when died_on is not null then 'DECEASED'
      when rights_end_on <= :day then 'LEFT'
      when born_on is null then 'BIRTH_DATE_UNKNOWN'
      when recipient_id is null then 'NO_REPRESENTATIVE'
      when channel is null then 'NO_ADDRESS'
      when exists (
        select from accounts.account as a where a.person_id = addressed.person_id and a.status = 'OPEN'
      ) then 'ALREADY_OPEN'
    end as exclusion
  from addressed
),

ranked as (
  select
    *,
    row_number() over (partition by exclusion is null, channel order by person_id) as place
  from decided
),

chosen as (
  select
    *,
    case when exclusion is null then 'PLANNED' else 'EXCLUDED' end::campaign.journey_status as status
  from ranked
  where
    (exclusion is null and place <= case channel when 'EMAIL' then :email_room else :letter_room end)
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
  insert into campaign.attempt (person_id, campaign_id, attempt_no, wave_id, channel, recipient_id, contact_version)
  select
    person_id,
    :campaign_id,
    attempt_no,
    :wave_id,
    channel,
    recipient_id,
    contact_version
  from chosen
  where exclusion is null
)

select
  (select count(*) from chosen where exclusion is null and channel = 'EMAIL') as emails,
  (select count(*) from chosen where exclusion is null and channel = 'LETTER') as letters,
  (select count(*) from chosen where exclusion is not null) as excluded,
  (select count(*) from ranked where exclusion is null) - (select count(*) from chosen where exclusion is null) as left_over
