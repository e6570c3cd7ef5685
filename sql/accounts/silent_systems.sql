-- The systems behind that owe an answer: files written before :answered_by and not answered. Grain: one system.
-- Index: outbound_file_unanswered.
select
  system,
  count(*) as files,
  sum(records)::bigint as records,
  min(written_on) as since
from accounts.outbound_file
where status = 'WRITTEN' and written_on < :answered_by
group by system
order by system
