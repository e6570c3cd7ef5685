-- Everyone of a department was looked at on a day. Grain: one department of a campaign. Idempotency key: the primary key.
insert into campaign.told_department as t (campaign_id, department, told_on)
values (:campaign_id, :department, :day)
on conflict (campaign_id, department) do update set told_on = excluded.told_on
