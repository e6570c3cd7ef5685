-- What the letters of a lot say, in their order in the lot. Index: attempt_lot, then primary keys.
select
  a.person_id,
  a.campaign_id,
  a.attempt_no,
  a.lot_rank,
  c.body,
  c.address_2,
  c.address_3,
  c.address_4,
  c.address_5,
  c.postcode,
  c.town,
  a.recipient_id <> a.person_id as is_represented,
  p.born_on + make_interval(years => :majority_years) > :day as is_minor,
  p.first_names as person_first_names,
  coalesce(p.used_name, p.birth_name) as person_name,
  r.first_names as recipient_first_names,
  coalesce(r.used_name, r.birth_name) as recipient_name
from campaign.attempt as a
inner join registry.contact_version as c on a.recipient_id = c.person_id and a.contact_version = c.version
inner join registry.person as p on a.person_id = p.person_id
inner join registry.person as r on a.recipient_id = r.person_id
where a.lot_id = :lot_id
order by a.lot_rank
