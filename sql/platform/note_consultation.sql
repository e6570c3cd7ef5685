-- Whoever looks at a person's journey is part of it. Grain: one look.
insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason)
values (:person_id, platform.current_work(), platform.current_instant(), 'person', 'CONSULTED', :reason)
