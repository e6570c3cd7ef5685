-- Keeps how many files of a feed's backlog were drained in this unit of work, and how many were left. Grain: one slice.
insert into documents.backlog_slice (work_id, feed_id, drained_at, files, left_over)
values (:work_id, :feed_id, :as_of, :files, :left_over)
