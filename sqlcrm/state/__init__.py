"""What outlives a process, in one SQLite file: journal, requests, trust and other memory.

All memory is keyed by account (connector, origin, the account's own id), never by alias.
`sqlite3` is imported only in this room.
"""
