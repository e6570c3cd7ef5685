-- The ground every domain stands on: who may do what, how tables are cut, which work was done, what happened to whom.

-- The roles beside the owner, who alone changes tables. `espace_pipeline` moves the campaign. `espace_reporting` counts: it sees no name,
-- no matricule, no birth date, no address. `espace_desk` shows one person, or a letter before it leaves, to whoever may ask, and writes who
-- looked. The opposition site opens no database and has no role. Each table says beside itself what each role may.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['espace_pipeline', 'espace_reporting', 'espace_desk'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin', wanted);
    end if;
  end loop;
end
$$;

create schema platform;
grant usage on schema platform to espace_pipeline, espace_reporting, espace_desk;

-- Every table that holds one row or more a person is cut by ranges of 2^23 person ids: 8 partitions hold today's 65 million
-- people, 16 are made at once (134 million ids: births of decades). A shard is a smaller range of the same ids, so that it
-- always lies in one partition, reads neighbouring pages, and can be vacuumed, re-indexed or exported alone.
create function platform.partition_by_person(parent regclass, fill integer default 100) returns void
language plpgsql as $$
declare
  slice constant bigint := 8388608;
begin
  for n in 0..15 loop
    execute format(
      'create table %s_p%s partition of %s for values from (%s) to (%s) with (fillfactor = %s)',
      parent, lpad(n::text, 2, '0'), parent, n * slice, (n + 1) * slice, fill
    );
  end loop;
end
$$;

-- Grain: one unit of work (a step on a shard, lot, wave or file). Written in the transaction of its effects: the unique key,
-- not a check, makes the second run of a task a no-op.
create table platform.unit_of_work (
  work_id bigint generated always as identity primary key,
  step text not null,
  unit text not null,
  as_of timestamptz not null,
  actor text not null,
  counts jsonb not null default '{}',
  started_at timestamptz not null default clock_timestamp(),
  unique (step, unit)
);
grant select, insert, update (counts) on platform.unit_of_work to espace_pipeline, espace_desk;
grant select (work_id, step, as_of, counts, started_at) on platform.unit_of_work to espace_reporting;

-- How far what transactions write can be read: all that was written up to this number is seen, and no later one is given it: a
-- transaction under way holds it back. Whoever keeps it and goes on after it misses nothing.
create function platform.settled() returns bigint
language sql stable as $$ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 $$;

-- Grain: one thing that happened to one person. Append-only: the pipeline may neither change nor delete a row, and what somebody else
-- changes is found (`audit_link`). `recorded_in` is the number of the transaction.
create table platform.audit (
  audit_id bigint generated always as identity,
  person_id bigint not null,
  work_id bigint not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  subject text not null,
  before text,
  after text not null,
  reason text,
  detail jsonb,
  recorded_in bigint not null default pg_current_xact_id()::text::bigint check (recorded_in > 0),
  primary key (person_id, audit_id)
) partition by range (person_id);
select platform.partition_by_person('platform.audit');
-- Rows lie in the order in which they came: a few pages of such an index find those of a day.
create index audit_recorded on platform.audit using brin (recorded_in);
-- The number of the transaction is nobody's to choose: a row stands in the span in which it came.
grant
select,
insert (person_id, work_id, occurred_at, subject, before, after, reason, detail)
on platform.audit to espace_pipeline, espace_desk;
grant select (audit_id, person_id, work_id, occurred_at, subject, before, after, recorded_in) on platform.audit to espace_reporting;

-- Grain: one sealing of the audit trail: all rows recorded in transactions after those of the seal before, up to `up_to`. `head` is the
-- SHA-256 of its links and of the head before it; it lies in the object store as well, out of reach of whoever may write here.
create table platform.audit_seal (
  seal_no integer primary key,
  work_id bigint not null unique references platform.unit_of_work,
  sealed_on date not null,
  after bigint not null,
  up_to bigint not null,
  head text not null,
  check (after <= up_to)
);
grant select, insert on platform.audit_seal to espace_pipeline;

-- Grain: one link of one chain: the rows of one shard (2^16 person ids) in one seal. `digest` is the SHA-256 of the shard's link before it
-- and of the rows.
create table platform.audit_link (
  shard integer not null,
  seal_no integer not null,
  rows integer not null,
  digest text not null,
  primary key (shard, seal_no)
);
create index audit_link_of_seal on platform.audit_link (seal_no);
grant select, insert on platform.audit_link to espace_pipeline;

-- What a row of the trail says and who did it, in bytes that any later server computes again, whatever its settings (JSON has one form of
-- a date): every column, none that could hide in another.
create function platform.audit_row(a platform.audit, u platform.unit_of_work) returns text
language sql stable parallel safe as $$
  select json_build_array(
    a.audit_id, a.person_id, a.work_id, a.occurred_at at time zone 'UTC', a.recorded_at at time zone 'UTC', a.subject, a.before, a.after,
    a.reason, a.detail, a.recorded_in, u.step, u.unit, u.actor, u.as_of at time zone 'UTC'
  )::text
$$;

-- The rows of a span of transactions, digested by shard, without the link before.
create function platform.audit_digests(since bigint, up_to bigint) returns table (shard integer, rows integer, content bytea)
language sql stable parallel safe as $$
  select
    (a.person_id >> 16)::integer,
    count(*)::integer,
    sha256(string_agg(convert_to(platform.audit_row(a, u), 'UTF8'), '\x0a'::bytea order by a.person_id, a.audit_id))
  from platform.audit as a
  left join platform.unit_of_work as u on a.work_id = u.work_id
  where a.recorded_in > since and a.recorded_in <= up_to
  group by a.person_id >> 16
$$;

-- A shard's link: the digest of its link before, and of its rows. Index: audit_link's key.
create function platform.audit_chained(of_shard integer, in_seal integer, content bytea) returns text
language sql stable parallel safe as $$
  select encode(sha256(convert_to(coalesce((
    select l.digest from platform.audit_link as l where l.shard = of_shard and l.seal_no < in_seal order by l.seal_no desc limit 1
  ), ''), 'UTF8') || content), 'hex')
$$;

-- The head of a seal: the digest of the head before, and of its links in the order of their shards.
create function platform.audit_head(head_before text, digests text[]) returns text
language sql immutable parallel safe as $$
  select encode(sha256(convert_to(head_before || array_to_string(coalesce(digests, '{}'), ''), 'UTF8')), 'hex')
$$;

-- A state machine moves only inside a unit of work, which says which run moves it and for which instant.
create function platform.current_work() returns bigint
language sql stable as $$ select current_setting('espace_sante.work_id')::bigint $$;

create function platform.current_instant() returns timestamptz
language sql stable as $$ select current_setting('espace_sante.as_of')::timestamptz $$;

-- Grain: one file taken in from a partner, whole or refused whole.
create table platform.inbound_file (
  work_id bigint primary key references platform.unit_of_work,
  kind text not null,
  object_key text not null,
  sha256 text not null,
  lines integer not null,
  refusal text,
  unique (kind, object_key, sha256)
);
grant select, insert on platform.inbound_file to espace_pipeline;
grant select on platform.inbound_file to espace_reporting;

-- Grain: one hold (gel) on what retention would delete: a prefix of keys behind its bucket, or a rule's name. `lifted_by` is the unit of
-- work that ended it.
create table platform.retention_hold (
  work_id bigint primary key references platform.unit_of_work,
  place text not null,
  reason text not null,
  lifted_by bigint references platform.unit_of_work
);
create unique index one_hold_a_place on platform.retention_hold (place) where lifted_by is null;
grant select, insert, update (lifted_by) on platform.retention_hold to espace_pipeline;

-- Grain: one equation of the books that did not hold, with the difference of its hands and its violations, since it was found until it was
-- found to hold, or to be broken otherwise. While one stands, nothing begins that cannot be undone: openings and purges.
create table platform.finding (
  finding_id integer generated always as identity primary key,
  equation text not null,
  difference bigint not null,
  violations bigint not null,
  found_at timestamptz not null,
  settled_at timestamptz
);
create unique index one_standing_finding_an_equation on platform.finding (equation) where settled_at is null;
grant select, insert, update (settled_at) on platform.finding to espace_pipeline;
grant select on platform.finding to espace_reporting;

-- Grain: one request to go on in spite of a finding, and what a second person decided: granted until the end of a legal day, or not.
create table platform.finding_override (
  work_id bigint primary key references platform.unit_of_work,
  finding_id integer not null references platform.finding,
  asked_by text not null,
  reason text not null,
  decided_by text,
  is_granted boolean,
  holds_until date,
  constraint second_person_overrides check (decided_by <> asked_by),
  check ((decided_by is null) = (is_granted is null)),
  check (is_granted is true or holds_until is null)
);
grant select, insert, update (decided_by, is_granted, holds_until) on platform.finding_override to espace_pipeline;
grant select (finding_id, is_granted, holds_until) on platform.finding_override to espace_reporting;
