-- Whether the numbers of transactions began anew since the last seal. Few rows: one a day.
select platform.settled() < coalesce(max(up_to), 0) as began_anew
from platform.audit_seal
