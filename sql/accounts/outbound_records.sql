-- The records of one file, each with what the systems may need of the space and of whose it is: the number under which a person is known
-- now, and that of the representative who holds the space. Of a space that is destroyed nobody is named, and the record is the one that it
-- had. Grain: one record. Index: event_recorded, then event_purged and the keys of accounts and identifier_of_person, looked up once a
-- record: hence `offset 0`.
select
  r.line,
  r.account_id,
  r.kind,
  r.happened_on,
  r.attempt,
  holder.matricule,
  manager.matricule as managed_by,
  a.consents,
  accounts.mailbox(r.account_id) || '@' || cast(:mailbox_domain as text) as mailbox,
  coalesce(a.record_no, purged.record_no, r.account_id::text) as record_no,
  coalesce(a.record_no, purged.record_no) is not null as is_taken_over
from accounts.records_of(:file_no) as r
left join
  lateral (
    select
      k.status,
      k.managed_by,
      k.consents,
      k.record_no
    from accounts.account as k
    where k.person_id = r.person_id and k.account_id = r.account_id
    offset 0
  ) as a
  on true
left join
  lateral (
    select e.record_no
    from accounts.event as e
    where e.person_id = r.person_id and e.account_id = r.account_id and e.kind = 'PURGED' and a.status = 'PURGED'
    offset 0
  ) as purged
  on true
left join
  lateral (
    select i.matricule
    from registry.identifier as i
    where i.person_id = r.person_id and a.status <> 'PURGED'
    order by i.known_since desc, i.matricule_kind = 'NIR' desc, i.matricule desc
    limit 1
  ) as holder
  on true
left join
  lateral (
    select i.matricule
    from registry.identifier as i
    where i.person_id = a.managed_by
    order by i.known_since desc, i.matricule_kind = 'NIR' desc, i.matricule desc
    limit 1
  ) as manager
  on true
order by r.line
