-- Of keys of lots, those that stay although their time is over: the lot is not at its end, so that the print house may ask for it again.
-- Grain: one key. Index: the lots' primary key.
select k.key
from unnest(cast(:keys as text[])) as k (key)
left join notices.print_lot as l on cast(substring(k.key from '/lots/([0-9]+)/') as bigint) = l.lot_id
where l.status is null or l.status not in ('DEPOSITED', 'WITHDRAWN', 'EMPTY')
