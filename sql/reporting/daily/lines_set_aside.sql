-- Lines of print houses' reports from :first_day to :last_day that had no effect and that somebody should ask about.
-- Grain: one day, inbox and outcome. Index: the inbound files' primary key, that of the lines.
select
  cast(u.as_of at time zone 'Europe/Paris' as date) as day,
  f.kind,
  l.outcome,
  count(*) as lines
from platform.inbound_file as f
inner join platform.unit_of_work as u on f.work_id = u.work_id
inner join notices.report_line as l on f.work_id = l.work_id
where
  f.kind like 'printers/%'
  and cast(u.as_of at time zone 'Europe/Paris' as date) between :first_day and :last_day
  and l.outcome not in ('RECORDED', 'REPEATED', 'LATE', 'AFTER_OPPOSITION')
group by 1, 2, 3
order by 1 desc, 2, 3
