-- Keeps what was made of one line of a partner's report. Grain: one line.
insert into notices.report_line (work_id, line, outcome, person_id, attempt_no, lot_id)
values (:work_id, :line, :outcome, :person_id, :attempt_no, :lot_id)
