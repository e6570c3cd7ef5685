-- What becomes of a space after its opening: what is asked for it, suspensions, express deletions, destruction with its certificates.

create schema lifecycle;
grant usage on schema lifecycle to espace_pipeline, espace_reporting;

-- Grain: one line of a file of life events and what was decided. `due_on` is the last day of an express deletion.
create table lifecycle.request (
  work_id bigint not null,
  line integer not null,
  system text not null,
  kind text,
  request_ref text,
  received_at timestamptz,
  agent text,
  outcome text not null check (outcome in ('DONE', 'PLANNED', 'REFUSED')),
  cause text,
  person_id bigint,
  account_id uuid,
  due_on date,
  receipt text generated always as (
    case when outcome <> 'REFUSED' then 'VIE-' || cast(work_id as text) || '-' || cast(line as text) end
  ) stored,
  primary key (work_id, line)
);
create index request_of_person on lifecycle.request (person_id) where person_id is not null;
grant select, insert on lifecycle.request to espace_pipeline;
grant select on lifecycle.request to espace_reporting;

-- Grain: one suspension of one space; the newest is the one that counts, while the space is SUSPENDED. `told_on` is the day on which the
-- person was sent the information: the six weeks run from it, until `last_day` (CSP R1111-36).
create table lifecycle.suspension (
  person_id bigint not null,
  account_id uuid not null,
  suspended_by bigint not null references platform.unit_of_work,
  motive text not null check (motive in ('FRAUD', 'MALFUNCTION')),
  told_on date,
  last_day date,
  objected_at timestamptz,
  primary key (person_id, account_id, suspended_by),
  constraint six_weeks_run_from_the_information check ((told_on is null) = (last_day is null))
);
create index suspension_window on lifecycle.suspension (last_day) where objected_at is null;
grant select, insert, update (told_on, last_day, objected_at) on lifecycle.suspension to espace_pipeline;
grant select on lifecycle.suspension to espace_reporting;

-- Grain: one express deletion asked for one space; a re-opening revokes it. Destroyed by `due_on` at the latest (CSP R1111-36).
create table lifecycle.deletion (
  person_id bigint not null,
  account_id uuid not null,
  asked_on date not null,
  due_on date not null,
  asked_by bigint not null references platform.unit_of_work,
  revoked_by bigint references platform.unit_of_work,
  primary key (person_id, account_id)
);
create index deletion_due on lifecycle.deletion (asked_on) where revoked_by is null;
grant select, insert, update on lifecycle.deletion to espace_pipeline;
grant select on lifecycle.deletion to espace_reporting;

-- Grain: one batch of spaces condemned together, by the rule that condemned them. Once destroyed it is the certificate: how many spaces,
-- documents and bytes, and the SHA-256 of the list of what was destroyed. Nothing of anybody.
create table lifecycle.destruction (
  batch_id bigint primary key references platform.unit_of_work,
  rule text not null check (rule in ('ARCHIVE_OVER', 'EXPRESS')),
  condemned_on date not null,
  first_id bigint not null,
  last_id bigint not null,
  accounts integer not null,
  destroyed_on date,
  documents integer,
  bytes bigint,
  list_sha256 text,
  is_certified boolean not null default false,
  check (num_nulls(destroyed_on, documents, bytes, list_sha256) in (0, 4)),
  check (destroyed_on is not null or not is_certified)
);
create index destruction_unfinished on lifecycle.destruction (batch_id) where not is_certified;
grant select, insert, update (destroyed_on, documents, bytes, list_sha256, is_certified) on lifecycle.destruction to espace_pipeline;
grant select on lifecycle.destruction to espace_reporting;

-- The legal day on which the audit trail, which nobody can change, tells of a space that it was closed, or its destruction asked for, last:
-- the second date on which a destruction rests, beside that of the space. Index: the audit's primary key.
create function lifecycle.day_by_trail(of_person bigint, of_account uuid, what text) returns date
language sql stable parallel safe as $$
  select cast(a.occurred_at at time zone 'Europe/Paris' as date)
  from platform.audit as a
  where
    a.person_id = of_person and a.subject = 'account' and a.after = what
    and a.detail ->> 'account' = cast(of_account as text)
  order by a.audit_id desc
  limit 1
$$;

-- What a space was, by the audit trail, when it was closed last: what it is again where that was an error. Index: the audit's primary key.
create function lifecycle.closed_from(of_person bigint, of_account uuid) returns text
language sql stable parallel safe as $$
  select a.before
  from platform.audit as a
  where
    a.person_id = of_person and a.subject = 'account' and a.after = 'CLOSED'
    and a.detail ->> 'account' = cast(of_account as text)
  order by a.audit_id desc
  limit 1
$$;

-- Whether somebody holds (`espace-sante retention hold`) a space, something in it, or all documents: nothing of it is destroyed.
create function lifecycle.is_held(account_id uuid) returns boolean
language sql stable parallel safe as $$
  select exists (
    select
    from platform.retention_hold as h
    where
      h.lifted_by is null
      and (
        h.place in ('documents', 'documents/' || account_id::text)
        or starts_with(h.place, 'documents/' || account_id::text || '/')
      )
  )
$$;

-- Grain: one space that was destroyed and that still tells whose record it was, or who managed it: there is none.
create view lifecycle.identified_after_destruction as
select
  person_id,
  account_id
from accounts.account
where status = 'PURGED' and (record_no is not null or managed_by is not null);
grant select on lifecycle.identified_after_destruction to espace_pipeline, espace_reporting;
