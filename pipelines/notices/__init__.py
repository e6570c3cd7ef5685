"""What is sent to people and what comes back: e-mails, letters, print lots, bounces and deposits."""
