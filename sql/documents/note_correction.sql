-- A document that two people gave to somebody is part of that person's journey. Grain: one correction.
insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason)
values (:person_id, platform.current_work(), platform.current_instant(), 'document', 'CORRECTED', :reason)
