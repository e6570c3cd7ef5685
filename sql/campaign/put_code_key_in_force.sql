-- New codes are derived from the next version of the key from now on. Grain: one campaign. Idempotency: only from the version before.
update campaign.campaign
set code_key_version = :version
where campaign_id = :campaign_id and code_key_version = :version - 1
