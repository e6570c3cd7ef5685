"""E-mails: a notice written as a message, and its submission to a relay."""
