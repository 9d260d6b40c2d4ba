"""Throwing away what is old, but for what later runs must remember."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlcrm.state.database import Database
from sqlcrm.state.events_upkeep import prune_events
from sqlcrm.state.migration import older_copies
from sqlcrm.state.resuming import Resuming
from sqlcrm.state.values import now

_MINE = "run_id IN (SELECT value FROM json_each(?))"
_KEPT = """
(natural_key = '{}' AND state IN ('done', 'sent', 'unknown')
 OR after IS NOT NULL AND state = 'done' AND undone_by IS NULL)
"""
_DELETES = {
    "requests": f"DELETE FROM requests WHERE {_MINE}",
    "unmatched": f"DELETE FROM unmatched WHERE {_MINE}",
    "operations": f"DELETE FROM operations WHERE {_MINE} AND NOT {_KEPT}",
    "statements": f"DELETE FROM statements WHERE {_MINE} AND NOT EXISTS (SELECT 1 "
    "FROM operations o WHERE o.run_id = statements.run_id AND o.statement = statements.number)",
    "runs": f"DELETE FROM runs WHERE {_MINE} AND NOT EXISTS (SELECT 1 FROM statements s "
    "WHERE s.run_id = runs.run_id)",
}


class Pruning:
    """What `sqlcrm journal prune` does."""

    def __init__(self, database: Database, resuming: Resuming) -> None:
        self._database = database
        self._resuming = resuming

    def prune(self, older_than: timedelta) -> dict[str, int]:
        """Delete runs that ended longer ago, with all of theirs. Returns how much of what.

        Unfinished runs stay, and opt-outs, and `kept_operations` with the numbers of their runs:
        what was done to tables without a natural key, whose only memory is the journal, and rows
        that a CRM stored otherwise than sent, without which a second run would change them again.
        Events stay that are pending or dead; of the others it is remembered that they came.
        """
        before = datetime.now(UTC) - older_than
        if not self._database.path.exists():
            return dict.fromkeys([*_DELETES, "kept_operations", "events", "copies"], 0)
        with self._database.writing("pruned") as connection:
            runs = json.dumps(self._ended(now(before)))
            counts = {n: connection.execute(sql, (runs,)).rowcount for n, sql in _DELETES.items()}
            counts["kept_operations"] = self._strip(connection, runs)
            counts["events"] = prune_events(connection, now(before))
        self._database.vacuum()
        old = [copy for copy in older_copies(self._database.path) if _changed(copy) < before]
        for copy in old:
            copy.unlink(missing_ok=True)
        return {**counts, "copies": len(old)}

    def _ended(self, before: str) -> list[int]:
        """Return the runs that ended before; one whose process is gone, when it began."""
        sql = "SELECT run_id FROM runs WHERE coalesce(ended_at, started_at) < ?"
        old = {int(run) for (run,) in self._database.rows(sql, (before,))}
        old -= {one.run for one in self._resuming.unfinished()}
        return sorted(old - self._resuming.running())

    def _strip(self, connection: sqlite3.Connection, runs: str) -> int:
        """Take the texts off runs that are kept for their operations; return how many of these."""
        connection.execute(f"UPDATE runs SET script_text = '' WHERE {_MINE}", (runs,))
        connection.execute(f"UPDATE statements SET text = '' WHERE {_MINE}", (runs,))
        found = connection.execute(f"SELECT count(*) FROM operations WHERE {_MINE}", (runs,))
        return int(found.fetchone()[0])


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
