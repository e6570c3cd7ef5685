"""The audit trail: sealed day by day in chains whose heads lie out of the database's reach, and verified."""
