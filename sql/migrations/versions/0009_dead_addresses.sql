-- E-mail addresses at which a notice could not be delivered, whoever gave them: several people may share one.

-- Digests, since addresses are kept in the registry only; upper and lower case are one address.
create function campaign.address_digest(address text) returns bytea
language sql immutable strict parallel safe as $$ select sha256(convert_to(lower(address), 'UTF8')) $$;

-- Grain: one address. It is not written to again; another address of the same person is.
create table campaign.dead_address (
  digest bytea primary key,
  work_id bigint not null references platform.unit_of_work
);
grant select, insert on campaign.dead_address to espace_pipeline;
