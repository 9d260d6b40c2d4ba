"""What earlier runs teach the next ones: accounts, rows made, how they were stored, sizes."""

from __future__ import annotations

import json

from sqlcrm.state.database import Database
from sqlcrm.state.values import now, to_json, to_text

_MADE = """
SELECT o.run_id, o.state, o.new_values FROM operations o
WHERE o.account_id = ? AND o.table_name = ? AND o.state IN ('done', 'sent', 'unknown')
  AND o.verb IN ('create', 'link') AND o.undone_by IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM operations d, json_each(d.key) k
    WHERE d.account_id = o.account_id AND d.table_name = o.table_name AND d.state = 'done'
      AND d.verb IN ('delete', 'unlink') AND d.operation_id > o.operation_id
      AND o.remote_id <> '' AND CAST(k.value AS TEXT) = o.remote_id)
ORDER BY o.operation_id
"""
_STORED = """
SELECT natural_key, key, new_values, after FROM operations
WHERE account_id = ? AND table_name = ? AND after IS NOT NULL
  AND state = 'done' AND undone_by IS NULL
ORDER BY operation_id
"""


class Memory:
    """Answers about what was done on an account before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def account(self, connector: str, origin: str, own_id: str) -> int:
        """Return the number of an account, a new one where it is seen for the first time."""
        names = (connector, to_text(origin), to_text(own_id))
        sql = "SELECT account_id FROM accounts WHERE (connector, origin, own_id) = (?, ?, ?)"
        found = self._database.rows(sql, names)
        if not found:
            with self._database.writing("account") as connection:
                connection.execute(
                    "INSERT INTO accounts (connector, origin, own_id, first_seen) "
                    "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (*names, now()),
                )
            found = self._database.rows(sql, names)
        return int(found[0][0])

    def made_before(self, account: int, table: str) -> list[tuple[int, str, str]]:
        """Return run, state and values (JSON) of each row that was or may have been made.

        `done` ones that were not undone, nor deleted by a later operation of the journal, and
        those `sent` or `unknown`; oldest first.
        """
        found = self._database.rows(_MADE, (account, table))
        return [(int(run), str(state), str(values)) for run, state, values in found]

    def stored_as(self, account: int, table: str) -> list[tuple[str, str, str, str]]:
        """Return natural key, key, values sent and what the CRM made of them, all as JSON.

        Of done operations where the two differ and that were not undone; one of each natural key,
        the newest, with the columns of older ones that it does not have.
        """
        found: dict[str, tuple[str, str, str, str]] = {}
        for natural, key, sent, after in self._database.rows(_STORED, (account, table)):
            if older := found.get(natural):
                sent, after = _merged(older[2], sent), _merged(older[3], after)
            found[natural] = (str(natural), str(key), str(sent), str(after))
        return list(found.values())

    def source_rows(self, account: int, table: str, statement_hash: str) -> int | None:
        """Return how many rows a statement's source had when it last ran; None: never."""
        found = self._database.rows(
            "SELECT rows FROM source_sizes "
            "WHERE account_id = ? AND table_name = ? AND statement_hash = ?",
            (account, table, statement_hash),
        )
        return int(found[0][0]) if found else None

    def remember_source(self, account: int, table: str, statement_hash: str, rows: int) -> None:
        """Keep how many rows a statement's source had."""
        with self._database.writing("source") as connection:
            connection.execute(
                "INSERT INTO source_sizes VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET rows = excluded.rows, at = excluded.at",
                (account, table, statement_hash, rows, now()),
            )


def _merged(older: str, newer: str) -> str:
    """Return a JSON object with the columns of both; the newer one's count."""
    return to_json(json.loads(older) | json.loads(newer))
