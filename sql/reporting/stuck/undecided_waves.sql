-- Waves proposed before :before on which nobody decided: their people are neither told nor planned again. Grain: one wave. Waves are few.
select
  'wave ' || w.wave_id as place,
  (u.counts ->> 'emails')::bigint + (u.counts ->> 'letters')::bigint as things,
  u.as_of as since
from campaign.wave as w
inner join platform.unit_of_work as u on w.work_id = u.work_id
where w.status = 'PROPOSED' and u.as_of < :before
order by w.wave_id
