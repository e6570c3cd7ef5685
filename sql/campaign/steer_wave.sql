-- Stops, resumes or ends approved waves: one, or all of a campaign. Grain: one wave. Idempotency: only one in a state that allows the
-- order changes. Few rows: one a working day.
update campaign.wave
set
  is_paused = :action = 'PAUSE',
  status = case :action when 'CANCEL' then 'CANCELLED' else status end
where
  campaign_id = :campaign_id
  and (wave_id = :wave_id or cast(:wave_id as integer) is null)
  and status = 'APPROVED'
  and is_paused = any(case :action when 'PAUSE' then '{f}' when 'RESUME' then '{t}' else '{f,t}' end::boolean[])
