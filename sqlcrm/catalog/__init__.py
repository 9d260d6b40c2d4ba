"""What exists now: connections, their settings and secrets, connectors, tables, custom columns."""
