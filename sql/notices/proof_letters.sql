-- Letters of a wave that have not left, to be looked at on paper: of each wording of each body, in each size of print, those with the
-- longest lines, first those that concern most people. Grain: one attempt; the minors whom one recipient represents share a letter,
-- whose `letter_no` no other letter of the wave has. Index: attempt_open, then primary keys.
with measured as (
  select
    u.*,
    count(*) over (partition by u.first_id) as people,
    greatest(
      length(u.address_2), length(u.address_3), length(u.address_4), length(u.recipient_first_names || u.recipient_name)
    ) as longest
  from notices.unsent_letter as u
  where u.wave_id = :wave_id
),

ranked as (
  select
    m.*,
    dense_rank() over (
      partition by m.body, m.subject, m.is_represented, m.is_child, m.large_print
      order by m.people desc, m.longest desc, m.first_id asc
    ) as place
  from measured as m
)

select
  r.*,
  dense_rank() over (order by r.body, r.subject, r.is_represented, r.is_child, r.large_print, r.place) as letter_no
from ranked as r
where r.place <= :letters
order by letter_no, r.person_id
