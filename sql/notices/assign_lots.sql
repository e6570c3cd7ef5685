-- Gathers the letters that wait in approved waves into lots of one body, one wording and one size of print, presorted by postcode.
-- Grain: one attempt; the minors whom one recipient represents, planned in one wave, share one letter. Lots are dealt to the print
-- houses in turn. Idempotency key: the unit of work; an assigned attempt is CLAIMED and never assigned again. Index: attempt_open.
with placed as (
  select
    u.person_id,
    u.campaign_id,
    u.attempt_no,
    u.body,
    u.subject,
    u.is_represented,
    u.is_child,
    u.large_print,
    dense_rank() over (
      partition by u.body, u.subject, u.is_represented, u.is_child, u.large_print
      order by u.postcode, u.first_id, u.campaign_id
    ) - 1 as place
  from notices.unsent_letter as u
  inner join campaign.wave_approved_with(:content) as o on u.wave_id = o.wave_id and o.is_open
  where u.status = 'PREPARED'
),

dealt as (
  select
    *,
    dense_rank() over (order by body, subject, is_represented, is_child, large_print, place / :letters_a_lot) - 1 as lot_no
  from placed
),

planned as (
  select
    lot_no,
    body,
    subject,
    large_print,
    max(place) - min(place) + 1 as letters
  from dealt
  group by lot_no, body, subject, large_print
),

lots as (
  insert into notices.print_lot (work_id, lot_no, printer, body, subject, large_print, prepared_for, letters, template)
  select
    :work_id,
    lot_no,
    (cast(:printers as text[]))[lot_no % cardinality(cast(:printers as text[])) + 1],
    body,
    subject,
    large_print,
    :prepared_for,
    letters,
    cast(:templates as jsonb) ->> subject
  from planned
  order by lot_no
  returning lot_id, lot_no, letters, template
),

assigned as (
  update campaign.attempt as a
  set status = 'CLAIMED', lot_id = l.lot_id, lot_rank = w.place % :letters_a_lot + 1, template = l.template
  from dealt as w
  inner join lots as l on w.lot_no = l.lot_no
  where a.person_id = w.person_id and a.campaign_id = w.campaign_id and a.attempt_no = w.attempt_no
)

select
  count(*) as lots,
  coalesce(sum(letters), 0) as letters
from lots
