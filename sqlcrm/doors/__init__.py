"""Other programs' ways in: webhooks. They see the session, and nothing beneath it."""
