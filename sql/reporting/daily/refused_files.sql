-- The files refused whole from :first_day to :last_day, with the sentence that refused them; the names that partners give to
-- files are not ours to repeat. Grain: one day, kind and sentence. Index: the inbound files' primary key.
select
  cast(u.as_of at time zone 'Europe/Paris' as date) as day,
  f.kind,
  f.refusal,
  count(*) as files
from platform.inbound_file as f
inner join platform.unit_of_work as u on f.work_id = u.work_id
where f.refusal is not null and cast(u.as_of at time zone 'Europe/Paris' as date) between :first_day and :last_day
group by 1, 2, 3
order by 1 desc, 2, 3
