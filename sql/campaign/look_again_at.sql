-- Somebody of a department is beyond the caps of the day: it is looked at again whole. Grain: one department of a campaign.
delete from campaign.told_department
where campaign_id = :campaign_id and department = :department
