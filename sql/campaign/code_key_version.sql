-- Which key new codes are derived from, and the oldest whose codes still prove something. Index: the primary key.
select
  code_key_version,
  oldest_code_key
from campaign.campaign
where campaign_id = :campaign_id
