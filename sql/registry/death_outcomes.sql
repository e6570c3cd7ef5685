-- How many lines had each outcome; a line without a candidate is not among them. Grain: one outcome.
select
  outcome,
  count(*) as lines
from (
  select
    line,
    max(outcome) as outcome
  from death_verdict
  group by line
) as by_line
group by outcome
