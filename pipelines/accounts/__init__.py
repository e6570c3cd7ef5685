"""The spaces themselves: opening and closing."""
