"""Other programs' ways in (webhooks, MCP, SQLAlchemy, notebooks). None is built yet."""
