-- The latest delivery taken in from each insurance body. Grain: one body. Index: the unique key (body, kind, reference_date).
select distinct on (d.body)
  d.body,
  d.kind,
  d.reference_date,
  d.rows_received,
  d.rows_quarantined,
  d.persons_new,
  d.persons_changed,
  d.persons_unchanged,
  cast(u.as_of at time zone 'Europe/Paris' as date) as taken_in_on
from registry.delivery as d
inner join platform.unit_of_work as u on d.work_id = u.work_id
order by d.body asc, d.work_id desc
