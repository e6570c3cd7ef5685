"""Requests not to be given a space: verified, recorded and answered."""
