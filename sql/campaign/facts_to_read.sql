-- Between which two numbers lie the facts that planning has not read (`registry.facts_noted`): from where the last one of the campaign
-- stopped, or from the beginning in a database whose numbers began anew. Few rows: one a wave.
select
  s.up_to,
  coalesce((
    select cast(u.counts ->> 'facts_read' as bigint)
    from campaign.wave as w
    inner join platform.unit_of_work as u on w.work_id = u.work_id
    where w.campaign_id = :campaign_id and cast(u.counts ->> 'facts_read' as bigint) <= s.up_to
    order by w.wave_id desc
    limit 1
  ), 0) as after
from (select platform.settled() as up_to) as s
