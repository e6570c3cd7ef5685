-- Known people whom this transaction changes.
create temporary table touched (
  person_id bigint
) on commit drop
