-- The spaces themselves.

create schema accounts;
grant usage on schema accounts to espace_pipeline;

create table accounts.service (
  service_id smallint primary key,
  name text not null unique
);
insert into accounts.service (service_id, name) values
(1, 'dossier médical'), (2, 'messagerie de santé'), (3, 'agenda'), (4, 'catalogue de services');
grant select on accounts.service to espace_pipeline;

-- Grain: one space. A closed space is archived ten years from its closing (CSP R1111-36); a person has one open space at most.
create table accounts.account (
  account_id uuid not null default gen_random_uuid(),
  person_id bigint not null,
  campaign_id smallint not null,
  status text not null default 'OPEN' check (status in ('OPEN', 'CLOSED')),
  services smallint[] not null default '{1,2,3,4}',
  opened_on date not null,
  closed_on date,
  closing_reason text,
  archived_until date,
  primary key (person_id, account_id),
  check ((status = 'CLOSED') = (closed_on is not null)),
  check ((status = 'CLOSED') = (archived_until is not null)),
  check ((status = 'CLOSED') = (closing_reason is not null))
) partition by range (person_id);
select platform.partition_by_person('accounts.account', 90);
create unique index one_open_account_a_person on accounts.account (person_id) where status = 'OPEN';
grant select, insert, update on accounts.account to espace_pipeline;

create function accounts.account_opens() returns trigger
language plpgsql as $$
begin
  insert into platform.audit (person_id, work_id, occurred_at, subject, after, detail)
  select person_id, platform.current_work(), platform.current_instant(), 'account', status,
    jsonb_build_object('opened_on', opened_on)
  from opened;
  return null;
end
$$;

create function accounts.account_changes() returns trigger
language plpgsql as $$
begin
  if exists (
    select from changed as c
    join previous as p using (person_id, account_id)
    where (p.status, c.status) = ('CLOSED', 'OPEN')
  ) then
    raise check_violation using message = 'a closed account is not re-opened in place', constraint = 'account_move';
  end if;
  insert into platform.audit (person_id, work_id, occurred_at, subject, before, after, reason, detail)
  select person_id, platform.current_work(), platform.current_instant(), 'account', p.status, c.status, c.closing_reason,
    jsonb_strip_nulls(jsonb_build_object('closed_on', c.closed_on, 'archived_until', c.archived_until))
  from changed as c
  join previous as p using (person_id, account_id)
  where p.status <> c.status;
  return null;
end
$$;

create trigger opens after insert on accounts.account
referencing new table as opened
for each statement execute function accounts.account_opens();

create trigger changes after update on accounts.account
referencing old table as previous new table as changed
for each statement execute function accounts.account_changes();
