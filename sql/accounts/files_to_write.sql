-- The files that are planned and not written, those of one range of people and round together: the tasks. What a killed run left is among
-- them. Index: outbound_file_unanswered.
select array_agg(file_no order by file_no) as files
from accounts.outbound_file
where status = 'PLANNED'
group by round_no, first_id
order by min(file_no)
