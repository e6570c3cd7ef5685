-- The last day for which a wave was planned and not rejected: the next planning is on a working day after it. Index: none; waves are few.
select max(planned_for) as planned_through
from campaign.wave
where campaign_id = :campaign_id and status <> 'REJECTED'
