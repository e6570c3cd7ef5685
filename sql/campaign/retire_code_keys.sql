-- Codes of versions before one prove nothing from now on. Grain: one campaign. Idempotency: never backwards.
update campaign.campaign
set oldest_code_key = :version
where campaign_id = :campaign_id and oldest_code_key < :version
