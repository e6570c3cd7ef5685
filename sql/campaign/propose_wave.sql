-- Opens the wave of a planning run, with what its notices say. Idempotency key: the unit of work.
insert into campaign.wave (campaign_id, planned_for, content, proposed_by, work_id)
values (:campaign_id, :planned_for, :content, :proposed_by, :work_id)
returning wave_id
