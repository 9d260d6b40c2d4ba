"""Pruning and forgetting of events. What was run once is never run again, pruned or forgotten."""

from __future__ import annotations

import sqlite3

from sqlcrm.errors import GuardRefused
from sqlcrm.state.addresses import Address
from sqlcrm.state.events import digest
from sqlcrm.state.values import checksum

_OLD = "state IN ('done', 'dropped') AND ended_at < ?"
_REMEMBER = "INSERT OR IGNORE INTO events_pruned SELECT digest(alias, connector, origin, own_id)"
_FOUND = """
SELECT position, alias, connector, origin, own_id, type, state
FROM events WHERE holds(own_id, person, data, error)
"""
_FORGET = """
UPDATE events SET own_id = ?, person = ?, data = '', error = '', checksum = ?,
    state = CASE state WHEN 'dead' THEN 'dropped' ELSE state END
WHERE position = ?
"""


def prune_events(connection: sqlite3.Connection, before: str) -> int:
    """Delete events that ended before, and remember digests of their ids; return how many."""
    connection.create_function("digest", 4, digest)
    connection.execute(f"{_REMEMBER} FROM events WHERE {_OLD}", (before,))
    return connection.execute(f"DELETE FROM events WHERE {_OLD}", (before,)).rowcount


def forget_events(connection: sqlite3.Connection, address: Address, mark: str) -> int:
    """Empty the events that name a person; return how many there were.

    `holds` must be known to the connection. Raises: GuardRefused where one is still to be run.
    """
    changed = 0
    for position, *place, own_id, type_, state in connection.execute(_FOUND).fetchall():
        if state == "pending":
            raise GuardRefused(
                f"Event {position} names this person and is still to be run: run it first "
                f"(sqlcrm listen --once), or drop it (sqlcrm events drop {position}), then forget."
            )
        alias, connector, origin = place
        known = digest(alias, connector, origin, own_id)
        connection.execute("INSERT OR IGNORE INTO events_pruned VALUES (?)", (known,))
        new_id = f"{mark}:{known.hex()}" if address.is_in(own_id) else own_id
        seal = checksum(0, new_id, type_, mark, "")
        connection.execute(_FORGET, (new_id, mark, seal, position))
        changed += 1
    return changed
