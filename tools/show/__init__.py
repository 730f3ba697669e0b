"""`make show-live`: measures what live view promises and prints it as a table."""
