-- Lets the planner know the lines of the file.
analyze death_line
