-- The ground every domain stands on: who may write, how tables are cut, which work was done, what happened to whom.

do $$
begin
  if not exists (select from pg_roles where rolname = 'espace_pipeline') then
    create role espace_pipeline nologin;
  end if;
end
$$;

create schema platform;
grant usage on schema platform to espace_pipeline;

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
grant select, insert, update (counts) on platform.unit_of_work to espace_pipeline;

-- Grain: one thing that happened to one person. Append-only: the pipeline may neither change nor delete a row.
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
  primary key (person_id, audit_id)
) partition by range (person_id);
select platform.partition_by_person('platform.audit');
grant select, insert on platform.audit to espace_pipeline;

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
