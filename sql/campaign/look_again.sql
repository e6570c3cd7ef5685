-- People went back to planning: it looks at all departments of the campaign again. Grain: one department of a campaign.
delete from campaign.told_department
where campaign_id = :campaign_id
