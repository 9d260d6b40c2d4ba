"""Forgetting a person: what was done stays counted, to whom is gone."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from sqlcrm.errors import GuardRefused, ProgrammingError
from sqlcrm.state.addresses import Address
from sqlcrm.state.database import Database
from sqlcrm.state.events_upkeep import forget_events
from sqlcrm.state.migration import older_copies
from sqlcrm.state.secret import HashKey
from sqlcrm.state.values import FORGOTTEN, checksum, to_json

_JSON = ("key", "natural_key", "new_values", "before", "after")
_WORDS = ("reason", "answer", "remote_id")
_FOUND = f"""
SELECT o.operation_id, o.number, o.table_name, o.verb,
    {", ".join(f"o.{name}" for name in (*_JSON, *_WORDS))}, o.run_id,
    o.state IN ('planned', 'sent') AND (s.state <> 'planned' OR r.state = 'running')
FROM operations o JOIN statements s ON s.run_id = o.run_id AND s.number = o.statement
JOIN runs r ON r.run_id = o.run_id
WHERE holds({", ".join(f"o.{name}" for name in (*_JSON, *_WORDS[:2]))})
"""
_REPLACE = f"""
UPDATE operations SET {", ".join(f"{name} = ?" for name in (*_JSON, *_WORDS))}, checksum = ?
WHERE operation_id = ?
"""
_TEXTS = {
    "requests": ("path", "query", "error"),
    "unmatched": ("source", "value"),
    "statements": ("text", "error"),
    "runs": ("script", "script_text", "error"),
    "watermarks": ("script", "value"),
}


class Forgetting:
    """What `sqlcrm forget` does."""

    def __init__(self, database: Database, key: HashKey) -> None:
        self._database = database
        self._key = key

    def forget(self, email: str) -> dict[str, int]:
        """Replace a person's values in every row that holds the address; returns how many of what.

        Of an operation and an event, every value; of requests and texts, the address. A keyed hash
        takes its place. Opt-outs stay: they hold no address. Copies of older schemas are deleted.
        Raises: GuardRefused where such a row is still to be written.
        """
        if "@" not in email.strip().strip("@"):
            raise ProgrammingError(f"{email!r} is no e-mail address.")
        counts = dict.fromkeys(["operations", *_TEXTS, "events", "copies"], 0)
        if not self._database.path.exists():
            return counts
        address = Address(email)
        mark = f"{FORGOTTEN}{self._key.hash('forgotten', email.strip().casefold())[:16]}"
        with self._database.writing("forgotten") as connection:
            connection.create_function("holds", -1, address.is_in)
            connection.create_function("without", 1, lambda text: _without(address, text, mark))
            counts["operations"] = _operations(connection, address, mark)
            for table, columns in _TEXTS.items():
                counts[table] = _texts(connection, table, columns)
            counts["events"] = forget_events(connection, address, mark)
        self._database.vacuum()
        for copy in older_copies(self._database.path):
            copy.unlink(missing_ok=True)
            counts["copies"] += 1
        return counts


def _without(address: Address, text: str | None, mark: str) -> str | None:
    return text if text is None else address.replaced(text, mark)


def _operations(connection: sqlite3.Connection, address: Address, mark: str) -> int:
    """Empty the operations that name the person; return how many there were."""
    changes = []
    for row in connection.execute(_FOUND).fetchall():
        identity, number, table, verb, *rest, run, open_ = row
        texts, words = rest[: len(_JSON)], rest[len(_JSON) :]
        values = [None if text is None else json.loads(text) for text in texts]
        if not address.is_in(*words[:2]) and not any(address.names(value) for value in values):
            continue
        if open_:
            raise GuardRefused(
                f"Run {run} still has to write a row that names this person: end it first "
                f"(sqlcrm resume {run}), then forget."
            )
        new = [None if value is None else to_json(_marked(value, mark)) for value in values]
        new[-1] = None  # `after`: what the CRM makes of a mark is of no use to later runs
        seal = checksum(number, table, verb, *new[:-1])
        changes.append((*new, *(mark if word else "" for word in words), seal, identity))
    connection.executemany(_REPLACE, changes)
    return len(changes)


def _marked(values: dict[str, Any], mark: str) -> dict[str, Any]:
    return {name: None if value is None else mark for name, value in values.items()}


def _texts(connection: sqlite3.Connection, table: str, columns: tuple[str, ...]) -> int:
    """Replace the address in a table's texts; return in how many rows."""
    sets = ", ".join(f"{column} = without({column})" for column in columns)
    where = f"holds({', '.join(columns)})"
    return connection.execute(f"UPDATE {table} SET {sets} WHERE {where}").rowcount
