-- Requests not to be given a space.

create schema oppositions;
grant usage on schema oppositions to espace_pipeline;

-- Grain: one line of a channel's file and what was decided. No code, no matricule: the proof is that they were verified.
create table oppositions.request (
  work_id bigint not null references platform.unit_of_work,
  line integer not null,
  channel text not null,
  request_ref text,
  received_at timestamptz,
  outcome text not null check (outcome in ('ACCEPTED', 'CLOSING', 'REFUSED')),
  cause text,
  person_id bigint,
  receipt text,
  primary key (work_id, line)
);
create index on oppositions.request (person_id) where person_id is not null;
grant select, insert on oppositions.request to espace_pipeline;

-- Grain: one opposition a person and campaign; the key is the rule.
create table oppositions.opposition (
  person_id bigint not null,
  campaign_id smallint not null,
  attempt_no smallint not null,
  channel text not null,
  received_at timestamptz not null,
  receipt text not null unique,
  work_id bigint not null references platform.unit_of_work,
  primary key (person_id, campaign_id)
);
grant select, insert on oppositions.opposition to espace_pipeline;

-- Grain: one person whose code was tried wrongly. Locked at the policy's number of failures.
create table oppositions.failure (
  person_id bigint primary key,
  failures smallint not null,
  last_failure_at timestamptz not null
);
grant select, insert, update on oppositions.failure to espace_pipeline;
