-- What deliveries brought: what changed for whom, what was set aside, which questions about identity wait for a person.

-- Grain: one dated fact about one person that the campaign reads (`facts_noted`). Nobody of a body's first delivery is a newcomer.
-- `happened_on` may lie before the day on which it was noted, or after it (an end of rights is told ahead).
create table registry.fact (
  person_id bigint not null,
  kind text not null check (
    kind in (
      'ARRIVED', 'BORN', 'LEFT', 'RETURNED', 'BODY_CHANGED', 'NUMBER_CHANGED', 'TRAITS_CORRECTED', 'PROTECTED',
      'PROTECTION_ENDED', 'REPRESENTATIVE_CHANGED', 'CAME_OF_AGE', 'DIED', 'DEATH_REVERSED', 'IDENTITY_SETTLED'
    )
  ),
  happened_on date not null,
  work_id bigint not null references platform.unit_of_work,
  noted_in xid8 not null default pg_current_xact_id(),
  primary key (person_id, kind, happened_on)
) partition by range (person_id);
select platform.partition_by_person('registry.fact');
create index fact_by_day on registry.fact (kind, happened_on);
create index fact_noted on registry.fact (kind, noted_in);
grant select, insert on registry.fact to espace_pipeline;
grant select on registry.fact to espace_reporting, espace_desk;

-- The facts of some kinds that were noted after one such number, up to another (`platform.settled`).
create function registry.facts_noted(kinds text[], after bigint, up_to bigint)
returns table (person_id bigint, kind text, happened_on date)
language sql stable parallel safe as $$
  select f.person_id, f.kind, f.happened_on
  from registry.fact as f
  where f.kind = any(kinds) and f.noted_in > after::text::xid8 and f.noted_in <= up_to::text::xid8
$$;

-- Grain: one delivery from an insurance body. REFUSED whole, WAITING for a person's decision, LOADING from its first effect on,
-- TAKEN_IN, or ABANDONED half in. `digests` names the object that holds a digest of each row taken: the next full one is compared with it.
-- `is_quarantine_deleted`: its time was over (retention).
create table registry.delivery (
  delivery_id bigint generated always as identity primary key,
  folder text not null,
  manifest_sha256 text not null,
  body text,
  kind text check (kind in ('full', 'delta', 'correction')),
  reference_date date,
  status text not null check (status in ('REFUSED', 'WAITING', 'LOADING', 'TAKEN_IN', 'ABANDONED')),
  refusal text,
  decided_by text,
  decision_reason text,
  as_of timestamptz not null,
  digests text,
  is_quarantine_deleted boolean not null default false,
  counts jsonb not null default '{}',
  unique (folder, manifest_sha256),
  check ((status in ('REFUSED', 'ABANDONED')) = (refusal is not null))
);
create unique index one_delivery_a_body_and_date on registry.delivery (body, kind, reference_date)
where status in ('LOADING', 'TAKEN_IN') and kind <> 'correction';
grant select, insert, update on registry.delivery to espace_pipeline;
grant select on registry.delivery to espace_reporting;

-- Grain: one portion of a delivery, the rows that one transaction takes in. `first_person_id` is that of its first newcomer.
create table registry.portion (
  delivery_id bigint not null references registry.delivery,
  portion integer not null,
  newcomers integer not null,
  first_person_id bigint not null,
  primary key (delivery_id, portion)
);
grant select, insert, update, delete on registry.portion to espace_pipeline;

-- Grain: what one delivery brought to one department, for the page that operations read.
create table registry.delivery_department (
  delivery_id bigint not null references registry.delivery,
  department text not null,
  newcomers bigint not null default 0,
  changed bigint not null default 0,
  departed bigint not null default 0,
  primary key (delivery_id, department)
);
grant select, insert, update on registry.delivery_department to espace_pipeline;
grant select on registry.delivery_department to espace_reporting;

-- Grain: one fault of one row of a delivery that was set aside. Nothing personal: the line number leads back to the file.
create table registry.quarantine (
  delivery_id bigint not null references registry.delivery,
  file text not null,
  line bigint not null,
  reason text not null,
  column_name text not null,
  replayed_by bigint references registry.delivery,
  primary key (delivery_id, file, line, reason, column_name)
);
grant select, insert, delete, update (replayed_by) on registry.quarantine to espace_pipeline;
grant select on registry.quarantine to espace_reporting;

-- Grain: one question about identity that only a person may answer; nobody is merged or declared dead on a likeness.
-- SAME_TRAITS: two people of the registry have the five traits in common under two matricules. OTHER_TRAITS: a known matricule came
-- with another sex or birth date (the row is in the quarantine). TWO_PEOPLE: a row says that two known matricules are one person.
-- DEATH: the civil register's file names somebody who is like one person, not exactly and only one.
create table registry.doubt (
  doubt_id bigint generated always as identity primary key,
  kind text not null check (kind in ('SAME_TRAITS', 'OTHER_TRAITS', 'TWO_PEOPLE', 'DEATH')),
  person_id bigint not null,
  other_id bigint,
  subject text not null default '',
  raised_on date not null,
  work_id bigint not null references platform.unit_of_work,
  status text not null default 'OPEN' check (status in ('OPEN', 'SAME', 'DIFFERENT')),
  decided_by text,
  decided_at timestamptz,
  decision_reason text,
  check ((status = 'OPEN') = (decided_by is null)),
  unique nulls not distinct (kind, person_id, other_id, subject)
);
create index doubt_open on registry.doubt (person_id) where status = 'OPEN';
create index doubt_open_other on registry.doubt (other_id) where status = 'OPEN';
grant select, insert, update, delete on registry.doubt to espace_pipeline;
grant select (doubt_id, kind, person_id, other_id, raised_on, status, decided_at) on registry.doubt to espace_reporting;

-- Grain: one person who may be another person of the registry, whichever of the two it is, until somebody has decided.
create view registry.in_doubt as
select person_id
from registry.doubt
where status = 'OPEN' and kind in ('SAME_TRAITS', 'TWO_PEOPLE')
union
select other_id as person_id
from registry.doubt
where status = 'OPEN' and kind in ('SAME_TRAITS', 'TWO_PEOPLE');
grant select on registry.in_doubt to espace_pipeline;
grant select on registry.in_doubt to espace_reporting;

-- Grain: one death of one person as the civil register's monthly file gives it, matched on all five traits or by a person's decision.
-- `reversed_by` says who found the report wrong.
create table registry.civil_death (
  person_id bigint not null,
  died_on date not null,
  work_id bigint not null references platform.unit_of_work,
  reversed_by text,
  reversal_reason text,
  primary key (person_id, died_on)
);
grant select, insert, update on registry.civil_death to espace_pipeline;
grant select (person_id, died_on, work_id, reversed_by) on registry.civil_death to espace_reporting;
