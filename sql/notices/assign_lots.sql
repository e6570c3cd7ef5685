-- Gathers the letters that wait in approved waves into lots of one body, one wording and one size of print, presorted by postcode.
-- Grain: one attempt; the minors whom one recipient represents, planned in one wave, share one letter. Lots are dealt to the print
-- houses in turn. Idempotency key: the unit of work; an assigned attempt is CLAIMED and never assigned again. Index: attempt_open.
with waiting as (
  select
    a.*,
    a.is_represented and coalesce(a.born_on + make_interval(years => :majority_years) > a.planned_for, false) as is_child
  from notices.addressed_attempt as a
  inner join campaign.wave_approved_with(:content) as o on a.wave_id = o.wave_id and o.is_open
  where a.channel = 'LETTER' and a.status = 'PREPARED'
),

counted as (
  select
    w.*,
    row_number() over (
      partition by w.is_child, w.recipient_id, w.campaign_id, w.wave_id, w.contact_version
      order by w.person_id
    ) - 1 as number
  from waiting as w
),

lettered as (
  select
    c.*,
    min(c.person_id) over (
      partition by
        c.is_child, c.recipient_id, c.campaign_id, c.wave_id, c.contact_version,
        case when c.is_child then c.number / :people_a_letter else c.number end
    ) as first_id
  from counted as c
),

placed as (
  select
    n.*,
    dense_rank() over (
      partition by n.body, n.is_represented, n.is_child, n.large_print
      order by n.postcode, n.first_id, n.campaign_id
    ) - 1 as place
  from lettered as n
),

planned as (
  select
    body,
    is_represented,
    is_child,
    large_print,
    place / :letters_a_lot as slice,
    max(place) - min(place) + 1 as letters,
    row_number() over (order by body, is_represented, is_child, large_print, place / :letters_a_lot) - 1 as lot_no
  from placed
  group by body, is_represented, is_child, large_print, place / :letters_a_lot
),

lots as (
  insert into notices.print_lot (work_id, lot_no, printer, body, large_print, prepared_for, letters, template)
  select
    :work_id,
    lot_no,
    (cast(:printers as text[]))[lot_no % cardinality(cast(:printers as text[])) + 1],
    body,
    large_print,
    :prepared_for,
    letters,
    :template
  from planned
  order by lot_no
  returning lot_id, lot_no, letters
),

assigned as (
  update campaign.attempt as a
  set status = 'CLAIMED', lot_id = l.lot_id, lot_rank = w.place % :letters_a_lot + 1, template = :template
  from placed as w
  inner join planned as p
    on
      w.body = p.body and w.is_represented = p.is_represented and w.is_child = p.is_child
      and w.large_print = p.large_print and w.place / :letters_a_lot = p.slice
  inner join lots as l on p.lot_no = l.lot_no
  where a.person_id = w.person_id and a.campaign_id = w.campaign_id and a.attempt_no = w.attempt_no
)

select
  count(*) as lots,
  coalesce(sum(letters), 0) as letters
from lots
