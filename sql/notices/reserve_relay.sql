-- Reserves messages with a relay, as many as its cap of the day leaves. Grain: one relay and day. Index: the primary key, whose row is
-- locked until the end of the transaction: two tasks never reserve the same.
insert into notices.relay_day as r (relay, day, messages)
values (:relay, :day, least(cast(:wanted as integer), cast(:cap as integer)))
on conflict (relay, day) do update
  set messages = greatest(r.messages, least(r.messages + cast(:wanted as integer), cast(:cap as integer)))
returning new.messages - coalesce(old.messages, 0) as granted
