-- Gives a feed its small number, once. Grain: one feed. Idempotency key: its name.
insert into documents.feed (name)
values (:name)
on conflict do nothing
