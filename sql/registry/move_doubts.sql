-- Open questions about somebody who is found to be another person are about that person now; one that is asked of that person already
-- is not asked twice. Grain: one doubt. Index: doubt_open, doubt_open_other, the unique key.
with moved as (
  select
    doubt_id,
    kind,
    subject,
    case
      when kind = 'SAME_TRAITS' and person_id = :dropped then greatest(:kept, other_id)
      when kind = 'SAME_TRAITS' then greatest(:kept, person_id)
      when person_id = :dropped then :kept
      else person_id
    end as person_id,
    case
      when kind = 'SAME_TRAITS' and person_id = :dropped then least(:kept, other_id)
      when kind = 'SAME_TRAITS' then least(:kept, person_id)
      when other_id = :dropped then :kept
      else other_id
    end as other_id
  from registry.doubt
  where status = 'OPEN' and (person_id = :dropped or other_id = :dropped)
),

judged as (
  select
    m.*,
    d.doubt_id is not null as is_asked
  from moved as m
  left join registry.doubt as d
    on
      m.kind = d.kind and m.person_id = d.person_id and m.other_id is not distinct from d.other_id and m.subject = d.subject
),

asked as (
  delete from registry.doubt as d
  using judged as j
  where d.doubt_id = j.doubt_id and j.is_asked
)

update registry.doubt as d
set person_id = j.person_id, other_id = j.other_id
from judged as j
where d.doubt_id = j.doubt_id and not j.is_asked
