-- What the letters of a lot say, in their order in the lot; the people whom one letter concerns follow one another. Names are those of the
-- moment at which the lot was gathered, so that it can be made again as it was. Grain: one attempt.
-- Index: attempt_lot, former_identity_corrected, then primary keys.
with former as materialized (
  select distinct on (f.person_id) f.*
  from notices.print_lot as l
  inner join registry.former_identity as f on l.work_id < f.work_id
  where l.lot_id = :lot_id
  order by f.person_id, f.work_id
)

select
  a.person_id,
  a.campaign_id,
  a.attempt_no,
  a.code_key_version,
  a.lot_rank as letter_no,
  a.body,
  a.subject,
  a.happened_on,
  a.receipt,
  a.kept_until,
  a.large_print,
  a.address_2,
  a.address_3,
  a.address_4,
  a.address_5,
  a.postcode,
  a.town,
  a.is_represented,
  registry.is_minor(case when p.person_id is null then a.born_on else p.born_on end, a.planned_for) as is_minor,
  coalesce(p.first_names, a.person_first_names) as person_first_names,
  coalesce(p.name, a.person_name) as person_name,
  coalesce(r.first_names, a.recipient_first_names) as recipient_first_names,
  coalesce(r.name, a.recipient_name) as recipient_name
from notices.addressed_attempt as a
left join former as p on a.person_id = p.person_id
left join former as r on a.recipient_id = r.person_id
where a.lot_id = :lot_id
order by a.lot_rank, a.person_id
