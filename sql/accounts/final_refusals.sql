-- What systems behind refused for a reason that does not pass by itself, and have not accepted since. Grain: one system and reason.
-- Index: refusal_unsettled.
select
  f.system,
  s.reason,
  count(*) as records,
  min(s.happened_on) as since
from accounts.refusal as s
inner join accounts.outbound_file as f on s.file_no = f.file_no
where s.status in ('WAITS', 'SENT_AGAIN') and s.reason = any(cast(:final_reasons as text[]))
group by f.system, s.reason
order by f.system, s.reason
