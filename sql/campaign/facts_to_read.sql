-- Between which two numbers lie the facts that planning has not read (`registry.facts_noted`): from where the last one of the campaign
-- that read all it found stopped, or from the beginning in a database whose numbers began anew. Few rows: one a wave.
select
  s.up_to,
  coalesce(max(cast(u.counts ->> 'facts_read' as bigint)) filter (where cast(u.counts ->> 'facts_read' as bigint) <= s.up_to), 0) as after
from (select platform.settled() as up_to) as s
left join campaign.wave as w on w.campaign_id = :campaign_id
left join platform.unit_of_work as u on w.work_id = u.work_id
group by s.up_to
