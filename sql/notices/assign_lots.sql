-- Gathers the letters that wait in approved waves into lots, presorted by postcode. Grain: one letter.
-- Idempotency key: the unit of work; an assigned attempt is CLAIMED and never assigned again. Index: attempt_open.
with waiting as (
  select
    a.person_id,
    a.campaign_id,
    a.attempt_no,
    row_number() over (order by c.postcode, a.person_id, a.attempt_no) - 1 as place
  from campaign.attempt as a
  inner join campaign.wave as w on a.wave_id = w.wave_id and w.status = 'APPROVED'
  inner join registry.contact_version as c on a.recipient_id = c.person_id and a.contact_version = c.version
  where a.channel = 'LETTER' and a.status = 'PREPARED'
),

lots as (
  insert into notices.print_lot (work_id, lot_no, letters)
  select
    :work_id,
    place / :letters_a_lot,
    count(*)
  from waiting
  group by place / :letters_a_lot
  order by place / :letters_a_lot
  returning lot_id, lot_no, letters
),

assigned as (
  update campaign.attempt as a
  set status = 'CLAIMED', lot_id = l.lot_id, lot_rank = w.place % :letters_a_lot + 1, template = :template
  from waiting as w
  inner join lots as l on w.place / :letters_a_lot = l.lot_no
  where a.person_id = w.person_id and a.campaign_id = w.campaign_id and a.attempt_no = w.attempt_no
)

select
  count(*) as lots,
  coalesce(sum(letters), 0) as letters
from lots
