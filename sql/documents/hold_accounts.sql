-- The open ones of some spaces, held: none of them closes before this transaction ends. Grain: one space. Index: account's key.
select a.account_id
from unnest(cast(:person_ids as bigint[]), cast(:account_ids as uuid[])) as g (person_id, account_id)
inner join accounts.account as a on g.person_id = a.person_id and g.account_id = a.account_id
where a.status = 'OPEN'
order by a.person_id
for share of a
