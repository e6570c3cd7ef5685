"""The equations that must hold, the daily report and a person's journey in plain words."""
