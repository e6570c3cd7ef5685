-- Whether the registry knows anybody yet.
select exists (select from registry.person) as known
