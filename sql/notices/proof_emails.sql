-- E-mails of a wave that have not left, to be looked at: of each wording of each body, those with the longest names, and those whose
-- address is not plain. Grain: one attempt. Index: attempt_open, then primary keys.
with waiting as (
  select
    a.*,
    a.is_represented and coalesce(a.born_on + make_interval(years => :majority_years) > a.planned_for, false) as is_minor
  from notices.addressed_attempt as a
  where a.wave_id = :wave_id and a.channel = 'EMAIL' and a.status = 'PREPARED'
),

ranked as (
  select
    w.*,
    row_number() over (
      partition by w.body, w.is_represented, w.is_minor
      order by w.email ~ '^[ -~]+$', length(w.recipient_first_names || w.recipient_name) desc, w.person_id
    ) as place
  from waiting as w
)

select *
from ranked
where place <= :emails
order by body, is_represented, is_minor, place
