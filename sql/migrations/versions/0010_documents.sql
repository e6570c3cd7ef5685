-- Documents of the spaces: where each lies, who may see it, what was received and what became of it.

create schema documents;
grant usage on schema documents to espace_pipeline, espace_reporting, espace_desk;

-- Grain: one feed that was ever run; rows name it by its small number.
create table documents.feed (
  feed_id smallint generated always as identity primary key,
  name text not null unique
);
grant select, insert on documents.feed to espace_pipeline;
grant select on documents.feed to espace_reporting;

create type documents.document_status as enum ('CURRENT', 'REPLACED', 'DELETED');

-- Identifiers are compared by 64 bits of them: an index of billions of rows holds eight bytes each, the row has the last word.
create function documents.id_key(id text) returns bigint
language sql immutable parallel safe as $$ select hashtextextended(id, 0) $$;

-- Grain: one version of one document in one space. Its bytes are the object `<account_id>/<sha256>` of the bucket `documents`, written
-- before the row. Nothing but the status and who may see it ever changes; a deletion is a status (the holder's history keeps it).
-- `warned_on`: the patient was told that the record holds something that waits for an announcement visit.
create table documents.document (
  person_id bigint not null,
  document_id bigint generated always as identity,
  work_id bigint not null,
  created_at timestamptz not null,
  stored_at timestamptz not null,
  account_id uuid not null,
  status documents.document_status not null default 'CURRENT',
  size_bytes integer not null,
  version integer,
  feed_id smallint not null,
  hidden_from_professionals boolean not null,
  hidden_from_patient boolean not null,
  hidden_from_representatives boolean not null,
  warned_on date,
  sha256 bytea not null check (length(sha256) = 32),
  unique_id text not null collate "C",
  series_id text collate "C",
  type_code text not null,
  type_system text not null,
  media_type text not null,
  confidentiality text not null check (confidentiality in ('N', 'R', 'V')),
  author_organization text not null,
  primary key (person_id, document_id),
  constraint hidden_from_one_at_most check (not (hidden_from_patient and hidden_from_professionals))
) partition by range (person_id);
select platform.partition_by_person('documents.document', 95);
create unique index document_unique_id on documents.document (documents.id_key(unique_id), person_id);
-- Few at a time: what waits for an announcement visit is told after two weeks and shown after a month (CSP R1111-53).
create index document_hidden_from_patient on documents.document (stored_at) where hidden_from_patient and status = 'CURRENT';
grant
select,
insert,
delete,
update (status, hidden_from_professionals, hidden_from_patient, hidden_from_representatives, warned_on)
on documents.document to espace_pipeline;
grant select (person_id, account_id) on documents.document to espace_reporting;
grant select (
  person_id, document_id, stored_at, status, type_code, type_system, author_organization, hidden_from_patient, hidden_from_representatives
) on documents.document to espace_desk;

-- Grain: one document that can be read: the space is open, the version stands.
create view documents.readable_document as
select d.*
from documents.document as d
inner join accounts.account as a on d.person_id = a.person_id and d.account_id = a.account_id
where a.status = 'OPEN' and d.status = 'CURRENT';
grant select on documents.readable_document to espace_pipeline;
grant select (person_id, account_id) on documents.readable_document to espace_reporting;

create function documents.document_stored() returns trigger
language plpgsql as $$
begin
  insert into platform.audit (person_id, work_id, occurred_at, subject, after, detail)
  select person_id, platform.current_work(), platform.current_instant(), 'document', status,
    jsonb_build_object('document', document_id)
  from stored;
  return null;
end
$$;

create function documents.who_may_see(d documents.document) returns text
language sql immutable parallel safe as $$
  select concat_ws(' ',
    case when d.hidden_from_professionals then 'MASQUE_PS' end,
    case when d.hidden_from_patient then 'INVISIBLE_PATIENT' end,
    case when d.hidden_from_representatives then 'INVISIBLE_REPRESENTANTS_LEGAUX' end)
$$;

create function documents.document_changes() returns trigger
language plpgsql set enable_nestloop = off as $$
begin
  if exists (
    select from changed as c
    join previous as p using (person_id, document_id)
    where p.status <> 'CURRENT' and p.status <> c.status
  ) then
    raise check_violation using message = 'what was replaced or deleted stays so', constraint = 'document_move';
  end if;
  insert into platform.audit (person_id, work_id, occurred_at, subject, before, after, detail)
  select person_id, platform.current_work(), platform.current_instant(), 'document', p.status, c.status,
    jsonb_build_object('document', document_id, 'hidden', documents.who_may_see(c))
  from changed as c
  join previous as p using (person_id, document_id)
  where (p.status, documents.who_may_see(p)) is distinct from (c.status, documents.who_may_see(c));
  return null;
end
$$;

create trigger stored after insert on documents.document
referencing new table as stored
for each statement execute function documents.document_stored();

create trigger changes after update on documents.document
referencing old table as previous new table as changed
for each statement execute function documents.document_changes();

-- Grain: one file of a feed, decided. Its id is made of the feed, its name and its content (SHA-256, 128 bits of it): the same file
-- comes twice and is decided once. Cut by hash: files have no person, and nobody asks for a range of them.
create table documents.delivery (
  delivery_id uuid primary key,
  work_id bigint not null,
  feed_id smallint not null,
  documents integer not null
) partition by hash (delivery_id);

create type documents.outcome as enum ('STORED', 'DUPLICATE', 'REFUSED', 'PARKED');

-- Grain: one document that was received, at its place in its file, and what became of it. `code` is the reason of a refusal, what a
-- version waits for, or what was done where nothing was stored. `scanned_with` is the version of the virus signatures: none where no
-- scanner was asked, which is to be made good later.
create table documents.reception (
  delivery_id uuid not null,
  place integer not null,
  work_id bigint not null,
  person_id bigint,
  document_id bigint,
  outcome documents.outcome not null,
  code text,
  scanned_with text,
  primary key (delivery_id, place),
  constraint a_refusal_has_its_code check (outcome not in ('REFUSED', 'PARKED') or code is not null)
) partition by hash (delivery_id);

do $$
begin
  for n in 0..15 loop
    execute format(
      'create table documents.delivery_p%s partition of documents.delivery for values with (modulus 16, remainder %s)',
      lpad(n::text, 2, '0'), n
    );
    execute format(
      'create table documents.reception_p%s partition of documents.reception for values with (modulus 16, remainder %s)',
      lpad(n::text, 2, '0'), n
    );
  end loop;
end
$$;
create index reception_not_scanned on documents.reception (delivery_id) where outcome = 'STORED' and scanned_with is null;
grant select, insert, update (documents) on documents.delivery to espace_pipeline;
grant select on documents.delivery, documents.reception to espace_reporting;
grant select, insert, update (work_id, person_id, document_id, outcome, code, scanned_with) on documents.reception to espace_pipeline;

-- Grain: one document that came before the one it replaces, deletes or hides. Its file waits beside the inbox (`parked/<delivery_id>/`).
create table documents.parked (
  delivery_id uuid not null,
  place integer not null,
  feed_id smallint not null,
  waits_for text not null collate "C",
  parked_at timestamptz not null,
  primary key (delivery_id, place)
);
grant select, insert, update, delete on documents.parked to espace_pipeline;
grant select on documents.parked to espace_reporting;

-- Grain: one object that is about to be written, or is, and that no row of `document` is known to name: written before the object,
-- deleted with the row that names it. What stays was left by a run that died: the sweep asks whether anything names it.
create table documents.upload (
  person_id bigint not null,
  account_id uuid not null,
  sha256 bytea not null,
  begun_at timestamptz not null,
  primary key (account_id, sha256)
);
create index upload_begun on documents.upload (begun_at);
grant select, insert, update, delete on documents.upload to espace_pipeline;
grant select (begun_at) on documents.upload to espace_reporting;

-- Grain: one person who objected, for a legitimate reason, to be fed by one organisation (CSP R1111-47; PAM France, ZFA-9), or took the
-- objection back. What was said last, not what came last, holds.
create table documents.feeding_opposition (
  person_id bigint not null,
  organization text not null,
  is_withdrawn boolean not null,
  said_at timestamptz not null,
  work_id bigint not null references platform.unit_of_work,
  primary key (person_id, organization)
);
grant select, insert, update on documents.feeding_opposition to espace_pipeline;

-- Grain: one person whose record received something on a day, and who is told of it once (`is_claimed`: perhaps told, never again).
create table documents.alert (
  person_id bigint not null,
  day date not null,
  is_claimed boolean not null default false,
  primary key (person_id, day)
);
create index alert_due on documents.alert (day, person_id) where not is_claimed;
grant select, insert, update (is_claimed) on documents.alert to espace_pipeline;
