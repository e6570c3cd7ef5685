-- Who is new or changed by this delivery.
create temporary table touched (
  person_id bigint,
  is_new boolean
) on commit drop
