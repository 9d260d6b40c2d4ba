"""How the journal's rows change: one SQL statement for each transition, and strict checks."""

from __future__ import annotations

import sqlite3
from collections.abc import Set

from sqlcrm.errors import InternalError

_ONE = "WHERE run_id = ? AND statement = ? AND number = ?"

BEGIN_RUN = """
INSERT INTO runs (state, kind, script, script_text, started_at, pid, host, process, version, of_run,
    statements_total)
VALUES ('running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
BEGIN_STATEMENT = """
INSERT INTO statements (state, run_id, number, text, verb, account_id, alias, connector, table_name,
    started_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
START_STATEMENT = """
UPDATE statements SET state = 'running', started_at = coalesce(started_at, ?), ended_at = NULL
WHERE run_id = ? AND number = ? AND (state = 'planned' OR state IN ('failed', 'done') AND EXISTS (
    SELECT 1 FROM operations o WHERE o.run_id = statements.run_id
      AND o.statement = statements.number AND o.state IN ('planned', 'sent', 'unknown')))
"""
END_STATEMENT = """
UPDATE statements SET state = ?, ended_at = ?, calls = calls + ?, error = ?
WHERE run_id = ? AND number = ? AND state IN ('planned', 'running')
"""
FREEZE = """
INSERT INTO operations (run_id, statement, account_id, number, table_name, verb, key, natural_key,
    new_values, before, checksum, state, reason, same_as, batch, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SEND = f"""
UPDATE operations SET state = 'sent', attempts = attempts + 1, sent_at = ?
{_ONE} AND state = 'planned'
"""
_OUTCOME = """
UPDATE operations SET state = ?, reason = ?, remote_id = ?, answer = ?, after = ?, ended_at = ?
"""
SETTLE = f"{_OUTCOME} {_ONE} AND state = 'sent'"
RESOLVE = f"{_OUTCOME} {_ONE} AND state IN ('sent', 'unknown')"
RESET = f"""
UPDATE operations SET state = 'planned', ended_at = NULL {_ONE} AND state IN ('sent', 'unknown')
"""
SKIP = """
UPDATE operations SET state = 'skipped', reason = ?, ended_at = ?
WHERE run_id = ? AND statement = ? AND state = 'planned'
"""
UNDO = f"""
UPDATE operations SET undone_by = ?
{_ONE} AND state = 'done' AND coalesce(undone_by, ?) = ?
"""
LOG = """
INSERT INTO requests (run_id, statement, account_id, connection, at, method, path, query, status,
    attempt, waited_ms, ms, bytes, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

FROZEN = {"planned", "unchanged", "rejected", "skipped"}
SETTLED = {"done", "rejected", "unknown", "planned"}
RESOLVED = {"done", "rejected", "unknown"}
ENDED_STATEMENT = {"done", "failed", "skipped"}
ENDED_RUN = {"done", "failed", "interrupted", "crashed"}


def allow(states: Set[str], given: Set[str], what: str) -> None:
    """Raise unless every given state is one of `states`."""
    if wrong := given - states:
        raise InternalError(f"Nothing can be {what} {', '.join(sorted(wrong))}.")


def expect(changed: sqlite3.Cursor, count: int, rule: str) -> None:
    """Raise, and so undo the transaction, unless exactly `count` rows were changed."""
    found = max(changed.rowcount, 0)  # -1 after an executemany of nothing
    if found != count:
        raise InternalError(f"The journal refused {count - found} of {count} changes: {rule}.")
