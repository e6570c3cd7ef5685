-- Gives people a space outside of any six weeks, as an opening gives it (`accounts.open_spaces`). Grain: one person, given in an array with
-- who manages the space. Idempotency: one open space a person. Index: `one_open_account_a_person`.
select
  opened,
  impossible
from accounts.open_spaces(
  cast(:person_ids as bigint[]), cast(:managers as bigint[]), cast(:campaign_id as smallint), cast(:day as date)
)
