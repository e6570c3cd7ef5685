-- Keeps an order on a campaign or one of its waves, with its reason; who gave it and when is the unit of work's.
insert into campaign.steering (work_id, campaign_id, wave_id, action, reason)
values (:work_id, :campaign_id, :wave_id, :action, :reason)
