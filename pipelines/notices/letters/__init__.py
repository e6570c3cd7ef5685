"""Letters: a template laid out once a variant, then one page made for each person."""
