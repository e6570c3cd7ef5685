-- Lets the planner know the staged rows.
analyze staged
