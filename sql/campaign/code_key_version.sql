-- Which key the campaign's codes are derived from. Index: the primary key.
select code_key_version
from campaign.campaign
where campaign_id = :campaign_id
