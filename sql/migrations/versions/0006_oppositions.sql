-- Requests not to be given a space, and for new codes; which days of which channel are known to be whole.

create schema oppositions;
grant usage on schema oppositions to espace_pipeline, espace_reporting, espace_desk;

-- Grain: one line of a channel's file and what was decided. No code, no matricule: the proof is that they were verified. `attempt_no` is
-- the attempt whose code was proven; `received_at` of a letter is the first instant of the legal day on which it was received.
-- The unit of work is no foreign key here: checking it for each line would cost more than keeping the line.
create table oppositions.request (
  work_id bigint not null,
  line integer not null,
  channel text not null,
  kind text check (kind in ('OPPOSE', 'NEW_CODE', 'RELEASE')),
  request_ref text,
  received_at timestamptz,
  agent text,
  body text,
  outcome text not null check (outcome in ('ACCEPTED', 'CLOSING', 'PROPOSED', 'NOTED', 'RELEASED', 'REFUSED')),
  cause text,
  person_id bigint,
  attempt_no smallint,
  receipt text generated always as (
    case when outcome in ('ACCEPTED', 'CLOSING') then 'OPP-' || cast(work_id as text) || '-' || cast(line as text) end
  ) stored,
  primary key (work_id, line)
);
create index on oppositions.request (person_id) where person_id is not null;
grant select, insert on oppositions.request to espace_pipeline;
grant select (work_id, line, channel, kind, received_at, body, outcome, cause, person_id) on oppositions.request to espace_reporting;

-- Grain: one opposition a person and campaign; the key is the rule. One that its person withdrew stays as the proof that there was one.
create table oppositions.opposition (
  person_id bigint not null,
  campaign_id smallint not null,
  attempt_no smallint not null,
  channel text not null,
  received_at timestamptz not null,
  receipt text not null,
  work_id bigint not null,
  withdrawn_at timestamptz,
  withdrawn_by bigint references platform.unit_of_work,
  primary key (person_id, campaign_id)
);
grant select, insert, update (withdrawn_at, withdrawn_by) on oppositions.opposition to espace_pipeline;
grant select (person_id, campaign_id, attempt_no, channel, received_at, work_id, withdrawn_at)
on oppositions.opposition to espace_reporting;
grant select (person_id, campaign_id, channel, received_at, receipt) on oppositions.opposition to espace_desk;

-- Grain: one person whose code was tried wrongly on one channel: how often since it was last released or made anew. The sum over the
-- channels locks it at the policy's number.
create table oppositions.failure (
  person_id bigint not null,
  campaign_id smallint not null,
  channel text not null,
  failures integer not null,
  last_failure_at timestamptz not null,
  primary key (person_id, campaign_id, channel)
);
grant select, insert, update on oppositions.failure to espace_pipeline;

-- Grain: one code that its person replaced. What was received before `died_at` still counts with it, in time until `last_day`.
create table oppositions.dead_code (
  person_id bigint not null,
  campaign_id smallint not null,
  attempt_no smallint not null,
  died_at timestamptz not null,
  last_day date not null,
  work_id bigint not null references platform.unit_of_work,
  primary key (person_id, campaign_id, attempt_no)
);
grant select, insert on oppositions.dead_code to espace_pipeline;

-- Grain: one legal day of a channel, as it last announced it: the files that hold what it received on that day.
create table oppositions.announced_day (
  channel text not null,
  day date not null,
  files text[] not null,
  work_id bigint not null references platform.unit_of_work,
  primary key (channel, day)
);
grant select, insert, update on oppositions.announced_day to espace_pipeline;
grant select on oppositions.announced_day to espace_reporting;

-- The days, between two, of which somebody's opposition may still be unknown: a channel that reports daily has not announced the day, a
-- file that it named has not come or was refused, or a file of any channel was refused on that day and nothing was announced since that
-- leaves it out. Grain: one channel, day and what is missing. Index: keys of the announced days and of the inbound files.
create function oppositions.open_days(daily_channels text[], first_day date, final_day date)
returns table (channel text, day date, missing text, object_key text)
language sql stable as $$
  with expected as (
    select
      c.channel,
      cast(d.day as date) as day
    from unnest(daily_channels) as c (channel)
    cross join generate_series(first_day, final_day, interval '1 day') as d (day)
  ),

  named as (
    select
      a.channel,
      a.day,
      f.name,
      array(
        select i.refusal is not null
        from platform.inbound_file as i
        where i.kind = 'oppositions/' || a.channel and i.object_key = f.name
      ) as refusals
    from oppositions.announced_day as a
    cross join unnest(a.files) as f (name)
    where a.day between first_day and final_day
  )

  select
    e.channel,
    e.day,
    'NOT_ANNOUNCED',
    null
  from expected as e
  where not exists (select from oppositions.announced_day as a where a.channel = e.channel and a.day = e.day)
  union all
  select
    n.channel,
    n.day,
    case when true = any(n.refusals) then 'FILE_REFUSED' else 'FILE_MISSING' end,
    n.name
  from named as n
  where (false = any(n.refusals)) is not true
  union all
  select
    substr(i.kind, 13),
    cast(u.as_of at time zone 'Europe/Paris' as date),
    'FILE_REFUSED',
    i.object_key
  from platform.inbound_file as i
  inner join platform.unit_of_work as u on i.work_id = u.work_id
  where
    i.kind like 'oppositions/%' and i.refusal is not null
    and cast(u.as_of at time zone 'Europe/Paris' as date) between first_day and final_day
    and not exists (
      select from oppositions.announced_day as a
      where
        a.channel = substr(i.kind, 13) and a.day = cast(u.as_of at time zone 'Europe/Paris' as date) and a.work_id > i.work_id
    )
$$;
