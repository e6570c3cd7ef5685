-- Says of files whether they are held in the quarantine, by what was just decided on their documents: one of them is refused for a reason
-- that may be mended, and none waits for an original. What is there already was decided again: its sender is to be answered again.
-- Grain: one file. Idempotency key: the delivery's id. Index: the keys of reception and quarantined.
with judged as (
  select
    r.delivery_id,
    bool_or(r.outcome = 'REFUSED' and r.code = any(cast(:held as text[]))) and not bool_or(r.outcome = 'PARKED') as is_held
  from documents.reception as r
  where r.delivery_id = any(cast(:delivery_ids as uuid[]))
  group by r.delivery_id
),

decided_again as (
  update documents.quarantined as q
  set is_held = j.is_held, wish = 'ANSWER'
  from judged as j
  where q.delivery_id = j.delivery_id
  returning q.delivery_id
)

insert into documents.quarantined (delivery_id, feed_id, held_at)
select
  j.delivery_id,
  :feed_id,
  :as_of
from judged as j
where j.is_held and not exists (select from decided_again as d where d.delivery_id = j.delivery_id)
