-- Approves or rejects a wave that is proposed; the same decision again changes nothing. The table refuses the proposer.
update campaign.wave
set status = :status, decided_by = :decided_by, comment = :comment
where wave_id = :wave_id and status = 'PROPOSED'
