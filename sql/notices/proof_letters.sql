-- Letters of a wave that have not left, to be looked at on paper: of each wording of each body those with the longest lines.
-- Index: attempt_open, then primary keys.
with waiting as (
  select
    a.person_id,
    a.recipient_id,
    a.campaign_id,
    a.attempt_no,
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
  where a.wave_id = :wave_id and a.channel = 'LETTER' and a.status in ('PREPARED', 'CLAIMED')
),

ranked as (
  select
    w.*,
    row_number() over (
      partition by w.body, w.is_represented, w.is_represented and w.is_minor
      order by
        greatest(length(w.address_2), length(w.address_3), length(w.address_4), length(w.recipient_first_names || w.recipient_name)) desc,
        w.person_id
    ) as place
  from waiting as w
)

select *
from ranked
where place <= :letters
order by body, is_represented, is_represented and is_minor, place
