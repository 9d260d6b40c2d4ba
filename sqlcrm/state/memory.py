"""What earlier runs teach the next ones: accounts, rows made, how they were stored, sizes."""

from __future__ import annotations

import json
from collections.abc import Iterable

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


_LATER = """
SELECT o.number, d.run_id, o.new_values, d.new_values, d.verb FROM operations o JOIN operations d
  ON d.account_id = o.account_id AND d.table_name = o.table_name AND {same}
  AND d.operation_id > o.operation_id AND d.run_id <> o.run_id AND d.state = 'done'
  AND d.undone_by IS NULL
WHERE o.run_id = ? AND o.statement = ? AND o.state = 'planned' ORDER BY o.number, d.operation_id
"""
_BY_NATURAL = _LATER.format(same="d.natural_key = o.natural_key AND o.natural_key <> '{}'")
_BY_KEY = _LATER.format(same="d.key = o.key AND o.key <> '{}'")
_BY_VALUES = _LATER.format(
    same="o.natural_key = '{}' AND o.key = '{}' AND d.natural_key = '{}' "
    "AND d.new_values = o.new_values AND d.verb = o.verb"
)


def superseded(database: Database, run: int, statement: int) -> dict[int, int]:
    """Return the planned operations whose row a later run has written since, and which run.

    A later one counts where it wrote every column that the planned one would, or deleted the row.
    Of k equal rows without a key, each later one stands for one.
    """
    found: dict[int, int] = {}
    for sql in (_BY_NATURAL, _BY_KEY):
        for number, later, ours, theirs, verb in database.rows(sql, (run, statement)):
            gone = verb in {"delete", "unlink"}
            if gone or json.loads(ours).keys() <= json.loads(theirs).keys():
                found[int(number)] = int(later)
    made: dict[tuple[str, int], int] = {}
    for number, later, ours, _theirs, _verb in database.rows(_BY_VALUES, (run, statement)):
        made.setdefault((str(ours), int(number)), int(later))
    return found | _one_each(database, run, statement, made)


def _one_each(
    database: Database, run: int, statement: int, made: dict[tuple[str, int], int]
) -> dict[int, int]:
    """Let each equal row of later runs stand for one of ours."""
    if not made:
        return {}
    sql = (
        "SELECT count(*) FROM operations d WHERE d.new_values = ? AND d.natural_key = '{}' "
        "AND d.state = 'done' AND d.undone_by IS NULL AND d.run_id > ? AND EXISTS ("
        "SELECT 1 FROM operations o WHERE o.run_id = ? AND o.statement = ? "
        "AND o.account_id = d.account_id AND o.table_name = d.table_name)"
    )
    found: dict[int, int] = {}
    left: dict[str, int] = {}
    for (values, number), later in sorted(made.items(), key=lambda item: item[0][1]):
        if values not in left:
            left[values] = int(database.rows(sql, (values, run, run, statement))[0][0])
        if left[values] > 0:
            left[values] -= 1
            found[number] = later
    return found


def last_sent(database: Database, account: int, tables: Iterable[str]) -> str | None:
    """Return when a row of one of the tables was sent last, None where none was."""
    sql = (
        "SELECT max(sent_at) FROM operations WHERE account_id = ? "
        "AND table_name IN (SELECT value FROM json_each(?))"
    )
    value = database.rows(sql, (account, json.dumps(sorted(tables))))[0][0]
    return None if value is None else str(value)


def _merged(older: str, newer: str) -> str:
    """Return a JSON object with the columns of both; the newer one's count."""
    return to_json(json.loads(older) | json.loads(newer))
