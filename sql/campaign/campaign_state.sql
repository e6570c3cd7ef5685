-- Whether a campaign goes on. Few rows: one an order.
select state
from campaign.campaign_state
where campaign_id = :campaign_id
