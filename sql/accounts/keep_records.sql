-- Keeps the existing records of a file, and the faults of the lines that are not kept. A line may bring another state of a record that is
-- known, never another number or another person: which of two is right only the record system can say. A record that becomes known
-- after its holder's space began with another one is not taken over: `AFTER_OPENING`.
-- Grain: one line. Idempotency: the unit of work; the keys of existing_record. Index: the keys of identifiers, records and accounts,
-- looked up once a line: hence each `offset 0`.
with named as (
  select
    l.line,
    l.record_no,
    l.state,
    i.person_id,
    min(l.line) over (partition by i.person_id) as first_of_person,
    min(l.line) over (partition by l.record_no) as first_of_record
  from incoming_record as l
  left join registry.identifier as i on l.matricule = i.matricule
),

judged as (
  select
    n.*,
    case
      when n.state is null then 'BAD_LINE'
      when n.person_id is null then 'UNKNOWN_PERSON'
      when n.line > least(n.first_of_person, n.first_of_record) then 'REPEATED'
      when exists (
        select from accounts.existing_record as r
        where r.record_no = n.record_no and r.person_id <> n.person_id
        offset 0
      ) then 'OTHER_PERSON'
      when exists (
        select from accounts.existing_record as r
        where r.person_id = n.person_id and r.record_no <> n.record_no
        offset 0
      ) then 'OTHER_RECORD'
      when exists (
        select from accounts.account as a
        where a.person_id = n.person_id and a.status in ('OPEN', 'SUSPENDED') and a.record_no is distinct from n.record_no
        offset 0
      ) then 'AFTER_OPENING'
    end as fault
  from named as n
),

kept as (
  insert into accounts.existing_record (person_id, record_no, state, work_id)
  select
    person_id,
    record_no,
    state,
    :work_id
  from judged
  where fault is null
  on conflict (person_id) do update set state = excluded.state, work_id = excluded.work_id
),

faulty as (
  insert into accounts.record_fault (work_id, line, fault)
  select
    :work_id,
    line,
    fault
  from judged
  where fault is not null
)

select
  count(*) as lines,
  count(*) filter (where fault is null) as kept
from judged
