"""How fast it is, measured beside what others would take: commands that print one object each, once what they made was checked."""
