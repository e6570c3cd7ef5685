-- What the letters of a lot say, in their order in the lot; the people whom one letter concerns follow one another. Grain: one attempt.
-- Index: attempt_lot, then primary keys.
select
  a.person_id,
  a.campaign_id,
  a.attempt_no,
  a.lot_rank as letter_no,
  a.body,
  a.large_print,
  a.address_2,
  a.address_3,
  a.address_4,
  a.address_5,
  a.postcode,
  a.town,
  a.is_represented,
  a.born_on + make_interval(years => :majority_years) > a.planned_for as is_minor,
  a.person_first_names,
  a.person_name,
  a.recipient_first_names,
  a.recipient_name
from notices.addressed_attempt as a
where a.lot_id = :lot_id
order by a.lot_rank, a.person_id
