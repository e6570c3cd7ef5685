-- Somebody who is found to be another person leaves the registry; the contact data stay as proof of where a notice went.
-- Grain: one person. Idempotency: the primary key. Index: primary keys.
with proof as (
  insert into registry.former_contact
  select c.*
  from registry.contact as c
  where c.person_id = :dropped
  on conflict do nothing
),

contact as (
  delete from registry.contact
  where person_id = :dropped
),

represented_by as (
  delete from registry.representative
  where person_id = :dropped
)

delete from registry.person
where person_id = :dropped
