-- Gives back messages that were reserved with a relay and not submitted. Grain: one relay and day. Index: the primary key.
update notices.relay_day
set messages = messages - :unused
where relay = :relay and day = :day
