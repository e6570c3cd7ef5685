"""A believable France for demonstrations, tests and rehearsals: its people, and the partners who answer in files."""
