-- Stops, resumes or ends a campaign; one that is ended stays so. Grain: one campaign. Idempotency: only one in a state that allows the
-- order changes. Index: the primary key.
update campaign.campaign
set state = case :action when 'PAUSE' then 'PAUSED' when 'RESUME' then 'RUNNING' else 'CANCELLED' end
where
  campaign_id = :campaign_id
  and state = any(case :action when 'PAUSE' then '{RUNNING}' when 'RESUME' then '{PAUSED}' else '{RUNNING,PAUSED}' end::text[])
