-- Letters of a wave that have not left, to be looked at on paper: of each wording of each body, in each size of print, those with the
-- longest lines, first those that concern most people. Grain: one attempt; the minors whom one recipient represents share a letter,
-- whose `letter_no` no other letter of the wave has. Index: attempt_open, then primary keys.
with waiting as (
  select
    a.*,
    a.is_represented and coalesce(a.born_on + make_interval(years => :majority_years) > a.planned_for, false) as is_minor
  from notices.addressed_attempt as a
  where a.wave_id = :wave_id and a.channel = 'LETTER' and a.status in ('PREPARED', 'CLAIMED')
),

counted as (
  select
    w.*,
    row_number() over (partition by w.is_minor, w.recipient_id, w.contact_version order by w.person_id) - 1 as number
  from waiting as w
),

measured as (
  select
    c.*,
    min(c.person_id) over letter as first_id,
    count(*) over letter as people,
    greatest(
      length(c.address_2), length(c.address_3), length(c.address_4), length(c.recipient_first_names || c.recipient_name)
    ) as longest
  from counted as c
  window letter as (
    partition by
      c.is_minor, c.recipient_id, c.contact_version, case when c.is_minor then c.number / :people_a_letter else c.number end
  )
),

ranked as (
  select
    m.*,
    dense_rank() over (
      partition by m.body, m.is_represented, m.is_minor, m.large_print
      order by m.people desc, m.longest desc, m.first_id asc
    ) as place
  from measured as m
)

select
  r.*,
  dense_rank() over (order by r.body, r.is_represented, r.is_minor, r.large_print, r.place) as letter_no
from ranked as r
where r.place <= :letters
order by letter_no, r.person_id
