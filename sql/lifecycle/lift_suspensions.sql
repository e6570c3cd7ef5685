-- Lifts suspensions: the spaces are open again. Grain: one space, its person given in an array. Idempotency: only a SUSPENDED space moves.
-- Index: the accounts' primary key.
update accounts.account
set status = 'OPEN'
where person_id = any(cast(:person_ids as bigint[])) and status = 'SUSPENDED'
