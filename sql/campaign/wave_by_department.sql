-- What a wave would send, by department and channel: what the approver reads. Index: attempt_open.
select
  c.department,
  count(*) filter (where a.channel = 'EMAIL') as emails,
  count(*) filter (where a.channel = 'LETTER') as letters
from campaign.attempt as a
inner join registry.contact as c on a.person_id = c.person_id
where a.wave_id = :wave_id and a.status = 'PREPARED'
group by c.department
order by c.department
