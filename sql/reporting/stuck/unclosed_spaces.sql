-- Closings asked for before :before that count against a space (`accounts.still_closes`) which is still open. Grain: one channel.
-- Index: the requests of a person, one_open_account_a_person.
select
  r.channel as place,
  count(distinct r.person_id) as things,
  min(u.as_of) as since
from oppositions.request as r
inner join platform.unit_of_work as u on r.work_id = u.work_id
inner join accounts.account as a on r.person_id = a.person_id and a.status = 'OPEN'
where
  r.outcome = 'CLOSING' and u.as_of < :before
  and accounts.still_closes(r.received_at, u.as_of, a.opened_on, a.asked_for_at)
group by r.channel
order by r.channel
