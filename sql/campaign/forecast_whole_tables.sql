-- What a forecast counts, it counts over whole tables, each read once and hashed. Left to itself the planner takes the few who are still
-- to be told for nobody, and looks up everybody for each of them. For this transaction only.
select set_config('enable_nestloop', 'off', true) as loops
