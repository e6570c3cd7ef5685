-- Adds a file's wrong tries to each person's count of its channel, and audits the codes that they lock.
-- Grain: one person, given as parallel arrays. Idempotency: the file's unit of work. Index: primary keys.
with given as (
  select
    person_id,
    failures
  from unnest(cast(:person_ids as bigint[]), cast(:failures as integer[])) as given (person_id, failures)
),

before as (
  select
    g.person_id,
    g.failures,
    coalesce(sum(f.failures), 0) as failures_before
  from given as g
  left join oppositions.failure as f on g.person_id = f.person_id and f.campaign_id = :campaign_id
  group by g.person_id, g.failures
),

counted as (
  insert into oppositions.failure as f (person_id, campaign_id, channel, failures, last_failure_at)
  select
    person_id,
    :campaign_id,
    :channel,
    failures,
    :as_of
  from given
  on conflict (person_id, campaign_id, channel) do update
    set failures = f.failures + excluded.failures, last_failure_at = excluded.last_failure_at
)

insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason, detail)
select
  person_id,
  platform.current_work(),
  platform.current_instant(),
  'code',
  'LOCKED',
  'WRONG_TRIES',
  jsonb_build_object('campaign', cast(:campaign_id as integer), 'channel', cast(:channel as text))
from before
where failures_before < :failures_before_lock and failures_before + failures >= :failures_before_lock
