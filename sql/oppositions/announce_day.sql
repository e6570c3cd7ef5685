-- Keeps the files in which a channel says that the requests of a day are; a later word of it replaces the former.
-- Grain: one channel and day. Idempotency key: the primary key.
insert into oppositions.announced_day (channel, day, files, work_id)
values (:channel, :day, :files, :work_id)
on conflict (channel, day) do update
  set files = excluded.files, work_id = excluded.work_id
