"""Who is told, when and how: eligibility, waves, channels, windows and opposition codes."""
