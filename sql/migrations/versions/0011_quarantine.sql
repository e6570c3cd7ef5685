-- What people work off in document feeds: refused files that may yet be taken in, identities that two people corrected, how well each
-- sender sends, and what stands still.

create type documents.wish as enum ('REPLAY', 'RETURN', 'ANSWER');

-- Grain: one file that holds a refused document which may yet be taken in, or which somebody must look at. The file lies beside the inbox
-- of its feed (`quarantine/<delivery_id>/`). `wish` is what somebody asked for, `wished_in` who and why: the next run of the feed does it.
-- ANSWER: it was decided again, its sender is to be answered again, and it goes where `is_held` is false.
create table documents.quarantined (
  delivery_id uuid primary key,
  feed_id smallint not null,
  held_at timestamptz not null,
  is_held boolean not null default true,
  wish documents.wish,
  wished_in bigint references platform.unit_of_work,
  check ((wish is null) = (wished_in is null))
);
create index quarantined_of_feed on documents.quarantined (feed_id, held_at);
grant select, insert, update (is_held, wish, wished_in), delete on documents.quarantined to espace_pipeline;

-- Grain: one file that is held, with its feed and the codes of its refused documents.
create view documents.held_file as
select
  q.delivery_id,
  f.name as feed,
  q.held_at,
  q.wish,
  (
    select array_agg(distinct r.code order by r.code) from documents.reception as r
    where r.delivery_id = q.delivery_id and r.outcome = 'REFUSED'
  ) as codes,
  d.documents
from documents.quarantined as q
inner join documents.feed as f on q.feed_id = f.feed_id
inner join documents.delivery as d on q.delivery_id = d.delivery_id
where q.is_held;
grant select on documents.held_file to espace_pipeline, espace_reporting, espace_desk;
grant select on documents.quarantined to espace_reporting;

-- Grain: one person named, for a reason, as the one whom a refused document is about, whatever it says itself; it counts once a second
-- person has agreed.
create table documents.identity_correction (
  work_id bigint primary key references platform.unit_of_work,
  delivery_id uuid not null,
  place integer not null,
  person_id bigint not null,
  asked_by text not null,
  reason text not null,
  decided_by text,
  is_granted boolean,
  constraint second_person_corrects check (decided_by <> asked_by),
  check ((decided_by is null) = (is_granted is null))
);
create unique index one_correction_a_document on documents.identity_correction (delivery_id, place) where is_granted is not false;
grant select, insert, update (decided_by, is_granted) on documents.identity_correction to espace_pipeline;

create type documents.age as enum ('DAY', 'WEEK', 'LATER', 'UNKNOWN');

-- Grain: how many documents of a feed were decided alike for the first time in one unit of work: the same outcome, reason, age (since the
-- document was made) and software of the sender. A few rows a unit, so that nobody waits for anybody, and nothing reads the receptions.
create table documents.quality (
  work_id bigint not null,
  feed_id smallint not null,
  decided_at timestamptz not null,
  outcome documents.outcome not null,
  code text,
  is_failure boolean not null,
  age documents.age not null,
  software text check (software ~ '^[A-Za-z0-9 ._/-]{1,60}$'),
  documents integer not null
);
create index quality_of_feed on documents.quality (feed_id, decided_at);
grant select, insert on documents.quality to espace_pipeline;
grant select on documents.quality to espace_reporting;

-- Grain: one time in which what a feed sends, or its backlog alone, stands still, until somebody lifts it.
create table documents.suspension (
  work_id bigint primary key references platform.unit_of_work,
  feed_id smallint not null,
  part text not null check (part in ('FEED', 'BACKLOG')),
  since timestamptz not null,
  reason text not null,
  lifted_by bigint references platform.unit_of_work,
  lifted_at timestamptz,
  check ((lifted_by is null) = (lifted_at is null))
);
create unique index one_suspension_a_part on documents.suspension (feed_id, part) where lifted_by is null;
grant select, insert, update (lifted_by, lifted_at) on documents.suspension to espace_pipeline;
grant select on documents.suspension to espace_reporting;

-- Grain: one slice of the backlog of a feed that was drained, and how many files were left then.
create table documents.backlog_slice (
  work_id bigint primary key references platform.unit_of_work,
  feed_id smallint not null,
  drained_at timestamptz not null,
  files integer not null,
  left_over integer not null
);
create index backlog_slice_of_feed on documents.backlog_slice (feed_id, drained_at);
grant select, insert on documents.backlog_slice to espace_pipeline;
grant select on documents.backlog_slice to espace_reporting;
