-- A matricule that a delivery gives twice is kept once, as first written; the other rows go to the quarantine.
with repeated as (
  delete from staged
  using (
    select
      ctid as row_address,
      row_number() over (partition by matricule order by file, "row") as place
    from staged
  ) as numbered
  where staged.ctid = numbered.row_address and numbered.place > 1
  returning staged.file, staged."row" as line
)

insert into registry.quarantine (work_id, file, line, reason, column_name)
select
  :work_id,
  file,
  line,
  'REPEATED_IN_DELIVERY',
  'matricule'
from repeated
