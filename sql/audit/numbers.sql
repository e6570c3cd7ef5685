-- Whether the numbers of transactions began anew since the last seal, and then the first one after all that the tables keep: the
-- beginning of a file of pg_xact (2^20 numbers), from which PostgreSQL can go on. Few rows: one seal a day; whole tables only where they
-- began anew.
with sealed as (
  select coalesce(max(up_to), 0) as up_to
  from platform.audit_seal
)

select
  platform.settled() < up_to as began_anew,
  case
    when platform.settled() < up_to
      then (
        greatest(
          up_to,
          (select max(recorded_in) from platform.audit),
          (select max(recorded_in) from accounts.event),
          (select max(recorded_in) from accounts.refusal),
          (select max(up_to) from accounts.outbound_round),
          (select max(noted_in::text::bigint) from registry.fact)
        ) / 1048576 + 1
      ) * 1048576
  end as goes_on_from
from sealed
