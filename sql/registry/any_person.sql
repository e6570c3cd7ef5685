-- Whether the registry knows anybody yet.
select count(*) > 0 as known
from (select from registry.person limit 1) as anybody
