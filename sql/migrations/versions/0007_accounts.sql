-- The spaces themselves, what happened to each, and the systems behind that are told of it.

create schema accounts;
grant usage on schema accounts to espace_pipeline, espace_reporting, espace_desk;

-- Grain: one consent with which a space begins, in one version of the defaults: what its holder may change there. A new version holds for
-- the spaces that open from then on. Which consents begin given is the data protection officer's to decide (CSP R1111-33, R1111-47).
create table accounts.default_consent (
  version smallint not null,
  kind text not null,
  is_given boolean not null,
  meaning text not null,
  primary key (version, kind)
);
insert into accounts.default_consent (version, kind, is_given, meaning) values
(1, 'CARE_TEAM_ACCESS', false, 'a care team reads the record once its patient has authorised it (CSP R1111-47)'),
(1, 'REIMBURSEMENTS', true, 'reimbursements are shown; those of a secret care never are (CSP R1111-27, R1111-33)'),
(1, 'CATALOGUE_SHARING', false, 'a service of the catalogue reads nothing that its user has not shared with it (CSP R1111-27)'),
(1, 'NOTIFICATIONS', true, 'an e-mail tells that something is new, never what (CSP R1111-27)');
grant select on accounts.default_consent to espace_pipeline, espace_reporting;

-- Grain: one medical record that was there before the campaign, as the record system tells: an ACTIVE one is taken over by the space of its
-- holder (CSP R1111-40), a LOCKED one cannot be for now, beside a CLOSED one a new record begins.
create table accounts.existing_record (
  person_id bigint primary key,
  record_no text not null unique collate "C",
  state text not null check (state in ('ACTIVE', 'LOCKED', 'CLOSED')),
  work_id bigint not null references platform.unit_of_work
);
grant select, insert, update, delete on accounts.existing_record to espace_pipeline;

-- Grain: one line of a file of existing records that was not kept, and why: the answer.
create table accounts.record_fault (
  work_id bigint not null references platform.unit_of_work,
  line integer not null,
  fault text not null,
  primary key (work_id, line)
);
grant select, insert on accounts.record_fault to espace_pipeline;

-- The only moves an account can make, and the event of which the systems behind are told; an account begins OPEN, or IMPOSSIBLE.
create table accounts.account_move (
  before text not null,
  after text not null,
  event text,
  meaning text not null,
  primary key (before, after)
);
insert into accounts.account_move (before, after, event, meaning) values
('OPEN', 'IMPOSSIBLE', 'IMPOSSIBLE', 'a system behind cannot do its part: the person is told (CSP R1111-28)'),
('IMPOSSIBLE', 'OPEN', 'OPENED', 'what was impossible is done'),
('IMPOSSIBLE', 'CLOSED', 'CLOSED', 'closed before it was possible: on request, or by a death'),
('OPEN', 'SUSPENDED', 'SUSPENDED', 'fraud or a serious malfunction: neither read nor fed (CSP R1111-36)'),
('SUSPENDED', 'OPEN', 'RESUMED', 'the suspension was lifted'),
('OPEN', 'CLOSED', 'CLOSED', 'closed: the archive begins'),
('SUSPENDED', 'CLOSED', 'CLOSED', 'closed at the end of the six weeks without objection, on request, or by a death'),
('CLOSED', 'OPEN', 'RE_OPENED', 'asked for again before the destruction, or closed by a death that was wrong: all is there again'),
('CLOSED', 'SUSPENDED', 'SUSPENDED', 'closed by a death that was wrong while it was suspended: it is so again'),
('CLOSED', 'IMPOSSIBLE', 'IMPOSSIBLE', 'closed before it was possible, and still impossible now that it is asked for again'),
('CLOSED', 'PURGING', null, 'condemned: the archive is over, or its destruction was asked for; nothing brings it back'),
('PURGING', 'PURGED', 'PURGED', 'destroyed');
grant select on accounts.account_move to espace_pipeline, espace_reporting;

-- Grain: one space with its four services: the medical record (`record_no` is that of one taken over; a new one bears the number of the
-- space), the mailbox (its address follows from the number of the space), the agenda, and the catalogue with the consents of a version.
-- Columns, since four rows a space took five times as long to write. `managed_by` is the representative who holds it for a minor or a
-- protected adult. IMPOSSIBLE is what should be open and cannot be for a technical reason (CSP R1111-28).
-- A closed space is archived ten years from its closing (CSP R1111-36); a person has one open space at most.
-- `retained_until` is the day until which the object store refuses to delete its documents; `asked_for_at` when its person last asked for
-- it, by a re-opening or by taking an opposition back; `condemned_by` the batch in which it is destroyed. What is PURGED stays as a row
-- that tells nothing but that there was a space.
create table accounts.account (
  account_id uuid not null default gen_random_uuid(),
  person_id bigint not null,
  campaign_id smallint not null,
  status text not null default 'OPEN' check (status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED', 'CLOSED', 'PURGING', 'PURGED')),
  record_no text collate "C",
  managed_by bigint,
  consents smallint not null,
  opened_on date not null,
  impossible_since date,
  impossible_reason text,
  closed_on date,
  closing_reason text,
  archived_until date,
  retained_until date,
  asked_for_at timestamptz,
  condemned_by bigint,
  primary key (person_id, account_id),
  check (status <> 'IMPOSSIBLE' or num_nonnulls(impossible_since, impossible_reason) = 2),
  check (
    num_nonnulls(closed_on, archived_until, closing_reason)
    = case when status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED') then 0 else 3 end
  )
) partition by range (person_id);
select platform.partition_by_person('accounts.account', 90);
create unique index one_open_account_a_person on accounts.account (person_id) where status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED');
create index account_impossible on accounts.account (person_id) where status = 'IMPOSSIBLE';
create index account_archive on accounts.account (person_id, archived_until) where status = 'CLOSED';
create index account_to_retain on accounts.account (person_id) where status = 'CLOSED' and retained_until is distinct from archived_until;
create index account_condemned on accounts.account (condemned_by) where status = 'PURGING';
grant select, insert, update on accounts.account to espace_pipeline;
grant select on accounts.account to espace_desk;
grant select (
  account_id, person_id, campaign_id, status, consents, opened_on, impossible_since, impossible_reason, closed_on, closing_reason,
  archived_until, retained_until, asked_for_at, condemned_by
) on accounts.account to espace_reporting;

-- The last day of an archive: the same date so many years later, of a 29 February 1 March where there is none. `archive.py` says the same.
create function accounts.archive_end(closed_on date, years integer) returns date
language sql immutable strict parallel safe as $$
  select case
    when extract(day from closed_on) = extract(day from closed_on + make_interval(years => years))
      then cast(closed_on + make_interval(years => years) as date)
    else cast(closed_on + make_interval(years => years) as date) + 1
  end
$$;

-- The local part of the address of a space's mailbox: it is nobody else's, never changes, and says nothing of whose it is.
create function accounts.mailbox(account_id uuid) returns text
language sql immutable strict parallel safe as $$ select replace(account_id::text, '-', '') $$;

-- Whether a request to close a space counts against it as it stands now: taken in since its opening, and received after its person last
-- asked for it. Instants, since the numbers of units of work are not the order in which they are committed. No clock, no death undoes it.
create function accounts.still_closes(received_at timestamptz, taken_in_at timestamptz, opened_on date, asked_for_at timestamptz)
returns boolean
language sql immutable parallel safe as $$
  select cast(taken_in_at at time zone 'Europe/Paris' as date) >= opened_on and received_at > coalesce(asked_for_at, '-infinity')
$$;

-- Grain: one thing that happened to one space, of which the systems behind are told. Append-only, written by the triggers of the accounts
-- alone, which hence run as the owner. `recorded_in` is the number of the transaction; rows lie in its order, so that a few pages of the
-- index find those of a day. `record_no` says of a PURGED space which record is destroyed: the space itself tells it no more.
create table accounts.event (
  person_id bigint not null,
  account_id uuid not null,
  kind text not null check (
    kind in ('OPENED', 'IMPOSSIBLE', 'HANDED_OVER', 'SUSPENDED', 'RESUMED', 'CLOSED', 'RE_OPENED', 'PURGED')
  ),
  happened_on date not null,
  recorded_in bigint not null,
  record_no text collate "C" check (record_no is null or kind = 'PURGED')
) partition by range (person_id);
select platform.partition_by_person('accounts.event');
create index event_purged on accounts.event (account_id) where kind = 'PURGED';
create index event_recorded on accounts.event using brin (recorded_in) with (autosummarize = on);
grant select on accounts.event to espace_pipeline;
grant select (person_id, account_id, kind, happened_on, recorded_in) on accounts.event to espace_reporting;

-- What is the same for all rows of a statement is asked for once.
create function accounts.account_opens() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  work constant bigint := platform.current_work();
  instant constant timestamptz := platform.current_instant();
  recorded constant bigint := pg_current_xact_id()::text::bigint;
begin
  if exists (select from opened where status not in ('OPEN', 'IMPOSSIBLE')) then
    raise check_violation using message = 'an account begins OPEN or IMPOSSIBLE', constraint = 'account_move';
  end if;
  insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason)
  select person_id, work, instant, 'account', status, impossible_reason
  from opened;
  insert into accounts.event (person_id, account_id, kind, happened_on, recorded_in)
  select person_id, account_id, 'OPENED', opened_on, recorded
  from opened
  where status = 'OPEN';
  return null;
end
$$;

-- As for journeys: no nested loop over what a statement changed.
create function accounts.account_changes() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_nestloop = off as $$
declare
  work constant bigint := platform.current_work();
  instant constant timestamptz := platform.current_instant();
  recorded constant bigint := pg_current_xact_id()::text::bigint;
  refused boolean;
begin
  with change as materialized (
    select person_id, account_id, p.status as before, c.status as after, m.event, m.before is null as is_refused,
      case when m.event = 'PURGED' then p.record_no end as record_no,
      coalesce(c.closing_reason, c.impossible_reason) as reason,
      jsonb_strip_nulls(jsonb_build_object('account', account_id, 'closed_on', c.closed_on, 'archived_until', c.archived_until)) as detail
    from changed as c
    join previous as p using (person_id, account_id)
    left join accounts.account_move as m on p.status = m.before and c.status = m.after
    where p.status <> c.status
  ),
  told as (
    insert into platform.audit (person_id, work_id, occurred_at, subject, before, after, reason, detail)
    select person_id, work, instant, 'account', before, after, reason, detail
    from change
  ),
  sent as (
    insert into accounts.event (person_id, account_id, kind, happened_on, recorded_in, record_no)
    select person_id, account_id, event, cast(instant at time zone 'Europe/Paris' as date), recorded, record_no
    from change
    where event is not null
  )
  select coalesce(bool_or(is_refused), false) into refused from change;
  insert into accounts.event (person_id, account_id, kind, happened_on, recorded_in)
  select person_id, account_id, 'HANDED_OVER', cast(instant at time zone 'Europe/Paris' as date), recorded
  from changed as c
  join previous as p using (person_id, account_id)
  where p.status = c.status and p.managed_by is distinct from c.managed_by and c.status in ('OPEN', 'IMPOSSIBLE', 'SUSPENDED');
  if refused then
    raise check_violation using message = 'this move of an account is not allowed', constraint = 'account_move';
  end if;
  return null;
end
$$;

-- Whoever's space cannot be opened is told without delay, whatever statement found it so (CSP R1111-28). The condition of a row's trigger
-- costs next to nothing where it is false.
create function accounts.tell_impossible() returns trigger
language plpgsql as $$
begin
  insert into notices.message (person_id, campaign_id, subject, happened_on, work_id)
  values (new.person_id, new.campaign_id, 'opening_impossible', new.impossible_since, platform.current_work())
  on conflict do nothing;
  return null;
end
$$;

create trigger begins_impossible after insert on accounts.account
for each row when (new.status = 'IMPOSSIBLE') execute function accounts.tell_impossible();

create trigger becomes_impossible after update of status on accounts.account
for each row when (new.status = 'IMPOSSIBLE' and old.status <> 'IMPOSSIBLE') execute function accounts.tell_impossible();

create trigger opens after insert on accounts.account
referencing new table as opened
for each statement execute function accounts.account_opens();

create trigger changes after update on accounts.account
referencing old table as previous new table as changed
for each statement execute function accounts.account_changes();

-- Opens a space for each of some people, who have none: the one way in which a space begins. `managers` holds, beside each person, the
-- representative who holds it for them, or null. An existing record is taken over; where it is locked the space is IMPOSSIBLE for now.
-- Index: the key of existing_record.
create function accounts.open_spaces(
  people bigint[], managers bigint[], in_campaign smallint, day date, out opened bigint, out impossible bigint
)
language sql as $$
  with begun as (
    insert into accounts.account (
      person_id, campaign_id, status, opened_on, record_no, managed_by, consents, impossible_since, impossible_reason
    )
    select
      n.person_id,
      in_campaign,
      case when r.state = 'LOCKED' then 'IMPOSSIBLE' else 'OPEN' end,
      day,
      case when r.state = 'ACTIVE' then r.record_no end,
      n.manager,
      (select max(c.version) from accounts.default_consent as c),
      case when r.state = 'LOCKED' then day end,
      case when r.state = 'LOCKED' then 'EXISTING_RECORD LOCKED' end
    from unnest(people, managers) as n (person_id, manager)
    left join accounts.existing_record as r on n.person_id = r.person_id
    returning status
  )
  select
    count(*) filter (where status = 'OPEN'),
    count(*) filter (where status = 'IMPOSSIBLE')
  from begun
$$;

-- Grain: one round in which what was recorded goes out to the systems behind, once: all events after one transaction up to another.
create table accounts.outbound_round (
  round_no integer generated always as identity primary key,
  work_id bigint not null unique references platform.unit_of_work,
  after bigint not null,
  up_to bigint not null,
  check (after <= up_to)
);
grant select, insert on accounts.outbound_round to espace_pipeline;
grant select on accounts.outbound_round to espace_reporting;

-- Grain: one file for one system: the events of a range of people in one round, and what the system refused before and gets again.
-- WRITTEN once its manifest lies in the object store, ANSWERED once the system said which of its records it accepted.
create table accounts.outbound_file (
  file_no bigint generated always as identity primary key,
  round_no integer not null references accounts.outbound_round,
  system text not null check (system in ('ACCOUNTS', 'MAILBOXES', 'RECORDS')),
  first_id bigint not null,
  last_id bigint not null,
  records integer not null check (records > 0),
  status text not null default 'PLANNED' check (status in ('PLANNED', 'WRITTEN', 'ANSWERED')),
  sha256 text,
  written_on date,
  accepted integer,
  unique (round_no, system, first_id),
  check (status = 'PLANNED' or num_nonnulls(sha256, written_on) = 2),
  check ((status = 'ANSWERED') = (accepted is not null))
);
create index outbound_file_unanswered on accounts.outbound_file (file_no) where status <> 'ANSWERED';
grant select, insert, update on accounts.outbound_file to espace_pipeline;
grant select on accounts.outbound_file to espace_reporting;

-- Grain: one record of one file that its system refused. It WAITS to be SENT_AGAIN with the next round; then it is ACCEPTED, or
-- REFUSED_AGAIN (the next row says why), or OVERTAKEN where the space is something else by then. `refusals` counts how often it was.
create table accounts.refusal (
  file_no bigint not null references accounts.outbound_file,
  line integer not null,
  person_id bigint not null,
  account_id uuid not null,
  kind text not null,
  happened_on date not null,
  recorded_in bigint not null,
  reason text not null,
  refusals smallint not null,
  status text not null default 'WAITS' check (status in ('WAITS', 'SENT_AGAIN', 'ACCEPTED', 'REFUSED_AGAIN', 'OVERTAKEN')),
  sent_again_in bigint references accounts.outbound_file,
  primary key (file_no, line),
  check (status in ('WAITS', 'OVERTAKEN') or sent_again_in is not null)
);
create index refusal_unsettled on accounts.refusal (person_id) where status in ('WAITS', 'SENT_AGAIN');
create index refusal_sent_again on accounts.refusal (sent_again_in) where sent_again_in is not null;
grant select, insert, update on accounts.refusal to espace_pipeline;
grant select on accounts.refusal to espace_reporting;

-- The records of a file, in the order that gives them their lines: the same each time, since events and refusals are never changed.
create function accounts.records_of(outbound_no bigint) returns table (
  line integer, person_id bigint, account_id uuid, kind text, happened_on date, recorded_in bigint, attempt smallint
)
language sql stable as $$
  select
    (row_number() over (order by k.attempt, k.recorded_in, k.person_id, k.account_id, k.kind))::integer,
    k.person_id,
    k.account_id,
    k.kind,
    k.happened_on,
    k.recorded_in,
    k.attempt
  from (
    select e.person_id, e.account_id, e.kind, e.happened_on, e.recorded_in, 1::smallint as attempt
    from accounts.outbound_file as f
    inner join accounts.outbound_round as r on f.round_no = r.round_no
    inner join accounts.event as e
      on e.recorded_in > r.after and e.recorded_in <= r.up_to and e.person_id between f.first_id and f.last_id
    where f.file_no = outbound_no
    union all
    select s.person_id, s.account_id, s.kind, s.happened_on, s.recorded_in, (s.refusals + 1)::smallint
    from accounts.refusal as s
    where s.sent_again_in = outbound_no
  ) as k
$$;
