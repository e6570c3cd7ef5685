"""Deliveries of insured people from their insurance bodies, taken in as persons, identifiers and contacts."""
