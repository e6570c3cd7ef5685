-- Whether a campaign goes on. Index: the primary key.
select state
from campaign.campaign
where campaign_id = :campaign_id
