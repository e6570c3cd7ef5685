-- Who is insured. Identifiers and traits here, contact data beside them; every other schema knows a person by a meaningless id.

create schema registry;
grant usage on schema registry to espace_pipeline;

create sequence registry.person_id minvalue 1 maxvalue 134217727;
grant usage on sequence registry.person_id to espace_pipeline;

-- Grain: one matricule ever known (a person keeps former ones). Hash partitions bound the merge of a full delivery.
-- A representative's matricule gets its id before the representative's own delivery has come, which then tells its kind.
create table registry.identifier (
  matricule text not null collate "C",
  matricule_kind text check (matricule_kind in ('NIR', 'NIA', 'NNP')),
  person_id bigint not null,
  known_since timestamptz not null,
  primary key (matricule)
) partition by hash (matricule);
do $$
begin
  for n in 0..15 loop
    execute format(
      'create table registry.identifier_h%s partition of registry.identifier for values with (modulus 16, remainder %s)',
      lpad(n::text, 2, '0'), n
    );
  end loop;
end
$$;
create index on registry.identifier (person_id);
grant select, insert, update (matricule_kind) on registry.identifier to espace_pipeline;

-- Grain: one person. Dates that civil status does not know entirely are kept raw beside their normalised form.
create table registry.person (
  person_id bigint primary key,
  birth_name text not null,
  used_name text,
  first_names text not null,
  sex text not null check (sex in ('F', 'M')),
  birth_date text not null,
  born_on date,
  birth_precision text not null check (birth_precision in ('DAY', 'MONTH', 'YEAR', 'NONE')),
  birthplace_code text not null,
  protection text,
  died_on date,
  rights_end_on date
) partition by range (person_id);
select platform.partition_by_person('registry.person', 90);
grant select, insert, update on registry.person to espace_pipeline;

-- Grain: one insurance body of one person. The newest affiliation speaks for the person; the body's code breaks a tie.
create table registry.affiliation (
  person_id bigint not null,
  body text not null,
  office text,
  affiliated_since date not null,
  reference_date date not null,
  primary key (person_id, body)
) partition by range (person_id);
select platform.partition_by_person('registry.affiliation', 90);
grant select, insert, update on registry.affiliation to espace_pipeline;

-- Grain: one version of one person's contact data. Versions are never changed, so that a notice can always show where it went.
create table registry.contact (
  person_id bigint not null,
  version smallint not null,
  is_current boolean not null,
  body text not null,
  affiliated_since date not null,
  email text,
  address_2 text,
  address_3 text,
  address_4 text,
  address_5 text,
  postcode text,
  town text,
  department text not null,
  language text not null default 'fr',
  large_print boolean not null default false,
  valid_from timestamptz not null,
  primary key (person_id, version)
) partition by range (person_id);
select platform.partition_by_person('registry.contact', 90);
create unique index contact_current on registry.contact (person_id) where is_current;
create index contact_by_department on registry.contact (department, person_id) where is_current;
grant select, insert, update (is_current) on registry.contact to espace_pipeline;

-- Grain: one representative of one person (parent of a minor, guardian of a protected adult), first named first.
create table registry.representative (
  person_id bigint not null,
  rank smallint not null,
  representative_id bigint not null,
  primary key (person_id, rank)
) partition by range (person_id);
select platform.partition_by_person('registry.representative');
create index on registry.representative (representative_id);
grant select, insert, update, delete on registry.representative to espace_pipeline;

-- Grain: one delivery from an insurance body, taken in or refused whole.
create table registry.delivery (
  work_id bigint primary key references platform.unit_of_work,
  body text not null,
  kind text not null check (kind in ('full', 'delta')),
  reference_date date not null,
  manifest_key text not null unique,
  rows_received bigint not null,
  rows_quarantined bigint not null,
  persons_new bigint not null,
  persons_changed bigint not null,
  persons_unchanged bigint not null,
  check (rows_received = rows_quarantined + persons_new + persons_changed + persons_unchanged),
  unique (body, kind, reference_date)
);
grant select, insert on registry.delivery to espace_pipeline;

-- Grain: one row of a delivery that was refused. Nothing personal: the line number leads back to the file.
create table registry.quarantine (
  work_id bigint not null references platform.unit_of_work,
  file text not null,
  line bigint not null,
  reason text not null,
  column_name text not null,
  primary key (work_id, file, line, reason, column_name)
);
grant select, insert on registry.quarantine to espace_pipeline;

grant maintain on registry.identifier, registry.person, registry.affiliation, registry.contact, registry.representative -- noqa: PRS
to espace_pipeline;
