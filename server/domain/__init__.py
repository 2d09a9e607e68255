"""What the service is about, in its own words: no database, no web, nothing that can fail."""
