-- Who is insured. Identifiers and traits here, contact data beside them; every other schema knows a person by a meaningless id.

create schema registry;
grant usage on schema registry to espace_pipeline, espace_reporting, espace_desk;

-- The last id given: a row and not a sequence, so that a delivery that is interrupted and resumed gives the same ids.
create table registry.last_person_id (
  last_id bigint not null check (last_id between 0 and 134217727)
);
insert into registry.last_person_id (last_id) values (0);
grant select, update on registry.last_person_id to espace_pipeline;

-- Grain: one matricule ever known (a person keeps former ones). One table: a look-up by matricule has no partition to choose.
create table registry.identifier (
  matricule text not null collate "C",
  matricule_kind text not null check (matricule_kind in ('NIR', 'NIA', 'NNP')),
  person_id bigint not null,
  known_since date not null
);
grant select, insert, update (person_id) on registry.identifier to espace_pipeline;
grant select on registry.identifier to espace_desk;

-- What makes two civil identities the same: the five strict traits of the INS, names as they are matched (`name_key`).
create function registry.traits(
  birth_name_key text, first_names_key text, birth_date text, sex text, birthplace_code text
) returns bigint
language sql immutable parallel safe as $$
  select hashtextextended(
    birth_name_key || '/' || first_names_key || '/' || birth_date || '/' || sex || '/' || coalesce(birthplace_code, ''), 0
  )
$$;

-- Grain: one person. Dates that civil status does not know entirely are kept raw beside their normalised form, names beside
-- the form in which they are matched (upper case, no mark, ligatures expanded, hyphen and apostrophe as a space). `died_on` counts: it
-- is what the body that speaks declares, else what the civil register tells. `is_let_go`: no body names the person any more.
create table registry.person (
  person_id bigint primary key,
  birth_name text not null,
  used_name text,
  first_names text not null,
  birth_name_key text not null,
  first_names_key text not null,
  sex text not null check (sex in ('F', 'M')),
  birth_date text not null,
  born_on date,
  birth_precision text not null check (birth_precision in ('DAY', 'MONTH', 'YEAR', 'NONE')),
  birthplace_code text,
  protection text,
  died_on date,
  declared_died_on date,
  rights_end_on date,
  is_let_go boolean not null default false,
  known_since date not null
) partition by range (person_id);
select platform.partition_by_person('registry.person', 90);
grant select, insert, update, delete on registry.person to espace_pipeline;
grant select on registry.person to espace_desk;
grant select (person_id, died_on, is_let_go) on registry.person to espace_reporting;

-- Whether somebody is a minor on a day: until the eighteenth anniversary, that of a 29 February on 28 February; not where no birth date
-- is known. Source: Code civil, art. 388.
create function registry.is_minor(born_on date, day date) returns boolean
language sql immutable parallel safe as $$ select coalesce(born_on + interval '18 years' > day, false) $$;

-- Grain: what one person was called, and born on, before one correction. A letter that was gathered before the correction says this
-- whenever it is made again.
create table registry.former_identity (
  person_id bigint not null,
  work_id bigint not null references platform.unit_of_work,
  first_names text not null,
  name text not null,
  born_on date,
  primary key (person_id, work_id)
);
create index former_identity_corrected on registry.former_identity (work_id);
grant select, insert, delete on registry.former_identity to espace_pipeline;

-- Grain: one person whose five traits were corrected since it was last asked who else has them (`doubt_same_traits`).
create table registry.corrected_traits (
  person_id bigint primary key
);
grant select, insert, delete on registry.corrected_traits to espace_pipeline;

create function registry.note_corrections() returns trigger
language plpgsql set enable_nestloop = off as $$
begin
  insert into registry.former_identity (person_id, work_id, first_names, name, born_on)
  select p.person_id, platform.current_work(), p.first_names, coalesce(p.used_name, p.birth_name), p.born_on
  from previous as p
  join corrected as c using (person_id)
  where (p.first_names, coalesce(p.used_name, p.birth_name), p.born_on)
    is distinct from (c.first_names, coalesce(c.used_name, c.birth_name), c.born_on)
  on conflict do nothing;
  insert into registry.corrected_traits (person_id)
  select p.person_id
  from previous as p
  join corrected as c using (person_id)
  where (p.birth_name_key, p.first_names_key, p.birth_date, p.sex, p.birthplace_code)
    is distinct from (c.birth_name_key, c.first_names_key, c.birth_date, c.sex, c.birthplace_code)
  on conflict do nothing;
  return null;
end
$$;

create trigger notes_corrections after update on registry.person
referencing old table as previous new table as corrected
for each statement execute function registry.note_corrections();

-- Grain: the contact data of one person, as the insurance body that speaks for the person gives them: of several bodies, the one
-- with the newest affiliation, the body's code breaking a tie. A change makes a new version.
create table registry.contact (
  person_id bigint primary key,
  version smallint not null,
  body text not null,
  office text,
  affiliated_since date not null,
  email text,
  address_2 text,
  address_3 text,
  address_4 text,
  address_5 text,
  postcode text,
  town text,
  department text not null collate "C",
  address_flags smallint not null,
  language text not null,
  large_print boolean not null,
  valid_from date not null
) partition by range (person_id);
select platform.partition_by_person('registry.contact', 90);
grant select, insert, update, delete on registry.contact to espace_pipeline;
grant select (person_id, body, department) on registry.contact to espace_reporting;

-- Grain: one former version of one person's contact data, never changed: a notice can always show where it went.
create table registry.former_contact (
  like registry.contact including constraints,
  primary key (person_id, version)
) partition by range (person_id);
select platform.partition_by_person('registry.former_contact');
grant select, insert on registry.former_contact to espace_pipeline;

-- Grain: one version of one person's contact data, the current one or a former one.
create view registry.contact_version as
select * from registry.contact
union all
select * from registry.former_contact;
grant select on registry.contact_version to espace_pipeline;

-- Grain: what one insurance body says of one person for whom another body speaks, whole, so that it can take over at once.
create table registry.second_affiliation (
  person_id bigint not null,
  body text not null,
  office text,
  affiliated_since date not null,
  birth_name text not null,
  used_name text,
  first_names text not null,
  birth_name_key text not null,
  first_names_key text not null,
  birthplace_code text,
  protection text,
  died_on date,
  rights_end_on date,
  email text,
  address_2 text,
  address_3 text,
  address_4 text,
  address_5 text,
  postcode text,
  town text,
  department text not null collate "C",
  address_flags smallint not null,
  language text not null,
  large_print boolean not null,
  representative_1 text collate "C",
  representative_2 text collate "C",
  primary key (person_id, body)
) partition by range (person_id);
select platform.partition_by_person('registry.second_affiliation');
grant select, insert, update, delete on registry.second_affiliation to espace_pipeline;

-- Grain: one representative of one person (parent of a minor, guardian of a protected adult), first named first: an id, or the
-- matricule that the body gave as long as the registry does not know it.
create table registry.representative (
  person_id bigint not null,
  rank smallint not null,
  representative_id bigint,
  awaited_matricule text collate "C",
  primary key (person_id, rank),
  check (num_nonnulls(representative_id, awaited_matricule) = 1)
) partition by range (person_id);
select platform.partition_by_person('registry.representative', 90);
grant select, insert, update, delete on registry.representative to espace_pipeline;

-- Grain: what the body that speaks for one person says of them, in the columns of `second_affiliation`; nothing of people let go.
create view registry.spoken as
select
  p.person_id,
  c.body,
  c.office,
  c.affiliated_since,
  p.birth_name,
  p.used_name,
  p.first_names,
  p.birth_name_key,
  p.first_names_key,
  p.birthplace_code,
  p.protection,
  p.declared_died_on as died_on,
  p.rights_end_on,
  c.email,
  c.address_2,
  c.address_3,
  c.address_4,
  c.address_5,
  c.postcode,
  c.town,
  c.department,
  c.address_flags,
  c.language,
  c.large_print,
  (
    select coalesce(r.awaited_matricule, (select max(i.matricule) from registry.identifier as i where i.person_id = r.representative_id))
    from registry.representative as r
    where r.person_id = p.person_id and r.rank = 1
  ) as representative_1,
  (
    select coalesce(r.awaited_matricule, (select max(i.matricule) from registry.identifier as i where i.person_id = r.representative_id))
    from registry.representative as r
    where r.person_id = p.person_id and r.rank = 2
  ) as representative_2
from registry.person as p
inner join registry.contact as c on p.person_id = c.person_id
where not p.is_let_go;
grant select on registry.spoken to espace_pipeline;

-- Grain: one representative whom a delivery that is being loaded names, by matricule; linked once everybody of the delivery is known.
create table registry.named_representative (
  person_id bigint not null,
  rank smallint not null,
  matricule text not null collate "C",
  primary key (person_id, rank)
);
grant select, insert, update, truncate on registry.named_representative to espace_pipeline;

-- The indexes that are not the key of a table. The first delivery of a nation is loaded without them (`defer_indexes`) and they are built
-- at its end, sorted and in parallel, at a third of the cost: the key of matricules first, by which people are linked, then the others.
-- The functions act with the rights of the owner, and may be repeated.
create function registry.build_identifier_key() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from pg_catalog.pg_constraint where conrelid = 'registry.identifier'::regclass and contype = 'p') then
    alter table registry.identifier add primary key (matricule);
  end if;
end
$$;

-- Tables that grow from nothing to a nation need no vacuum on the way: it would read them again and again beside those who write.
create function registry.let_vacuum(wanted boolean) returns void
language plpgsql security definer set search_path = '' as $$
declare
  part regclass;
begin
  for part in
    select i.inhrelid::regclass
    from pg_catalog.pg_inherits as i
    where i.inhparent in ('registry.person'::regclass, 'registry.contact'::regclass, 'registry.representative'::regclass)
    union all
    select 'registry.identifier'::regclass
  loop
    execute format('alter table %s set (autovacuum_enabled = %s)', part, wanted);
  end loop;
end
$$;

create function registry.build_indexes() returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform registry.let_vacuum(true);
  create index if not exists identifier_of_person on registry.identifier (person_id);
  create index if not exists person_traits on registry.person (
    registry.traits(birth_name_key, first_names_key, birth_date, sex, birthplace_code)
  );
  -- Those who were minors when the first campaign began, or born since: who comes of age on a day is among them.
  create index if not exists person_coming_of_age on registry.person (born_on) where born_on >= date '2004-01-01';
  create index if not exists person_rights_ending on registry.person (rights_end_on) where rights_end_on is not null and not is_let_go;
  create index if not exists contact_by_department on registry.contact (department);
  create index if not exists representative_of on registry.representative (representative_id);
  create index if not exists representative_awaited on registry.representative (awaited_matricule)
  where awaited_matricule is not null;
end
$$;

create function registry.defer_indexes() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from registry.person) then
    raise object_not_in_prerequisite_state using message = 'indexes are deferred for an empty registry only';
  end if;
  alter table registry.identifier drop constraint if exists identifier_pkey;
  drop index if exists registry.identifier_of_person, registry.person_traits, registry.person_coming_of_age,
  registry.person_rights_ending, registry.contact_by_department, registry.representative_of, registry.representative_awaited;
  perform registry.let_vacuum(false);
end
$$;
revoke execute on function
registry.build_identifier_key(), registry.build_indexes(), registry.defer_indexes(), registry.let_vacuum(boolean) from public;
grant execute on function registry.build_identifier_key(), registry.build_indexes(), registry.defer_indexes() to espace_pipeline;
select registry.build_identifier_key();
select registry.build_indexes();

grant maintain on registry.identifier, registry.person, registry.contact, registry.representative -- noqa: PRS
to espace_pipeline;
