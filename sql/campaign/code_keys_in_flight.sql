-- Codes that may still be used, by version of their key: of journeys that are not at their end, and of those whose last day is so near that
-- a channel's file may still bring what was received in time. Grain: one version.
-- Index: none; whoever rotates or retires a key asks, and every journey is read.
select
  a.code_key_version as version,
  count(*) as codes,
  max(j.last_day) as last_day
from campaign.attempt as a
inner join campaign.journey as j on a.person_id = j.person_id and a.campaign_id = j.campaign_id
where
  a.campaign_id = :campaign_id
  and (j.status in ('PLANNED', 'NOTIFIED', 'ELIGIBLE') or j.last_day >= :heard_until)
group by a.code_key_version
order by a.code_key_version
