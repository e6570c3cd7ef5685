-- E-mails of a wave that have not left, to be looked at: of each wording of each body, those with the longest names, and those whose
-- address is not plain. Grain: one attempt. Index: attempt_open, then primary keys.
with ranked as (
  select
    a.*,
    row_number() over (
      partition by a.body, a.subject, a.is_represented, a.is_represented and a.is_minor
      order by a.email ~ '^[ -~]+$', length(a.recipient_first_names || a.recipient_name) desc, a.person_id
    ) as place
  from notices.addressed_attempt as a
  where a.wave_id = :wave_id and a.channel = 'EMAIL' and a.status = 'PREPARED'
)

select *
from ranked
where place <= :emails
order by body, subject, is_represented, is_minor, place
