-- Whole tables are merged or counted in this transaction: the planner may read them from end to end.
select set_config('enable_seqscan', 'on', true) as allowed
