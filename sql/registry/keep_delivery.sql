-- Keeps a delivery with its counts. Idempotency key: (body, kind, reference date), once.
insert into registry.delivery (
  work_id, body, kind, reference_date, manifest_key, rows_received, rows_quarantined, persons_new, persons_changed,
  persons_unchanged
)
select
  :work_id,
  :body,
  :kind,
  :reference_date,
  :manifest_key,
  :rows_received,
  :rows_received - staged_rows.n,
  t.new,
  t.changed,
  staged_rows.n - t.new - t.changed
from (select count(*) as n from staged) as staged_rows
cross join (
  select
    count(*) filter (where is_new) as new,
    count(*) filter (where not is_new) as changed
  from (
    select
      person_id,
      bool_or(is_new) as is_new
    from touched
    group by person_id
  ) as people
) as t
returning rows_received, rows_quarantined, persons_new, persons_changed, persons_unchanged
