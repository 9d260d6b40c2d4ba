"""Work that is begun all at once, by COMMIT, or given up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlcrm.state import process
from sqlcrm.state.database import Database
from sqlcrm.state.transitions import END_STATEMENT, SKIP, expect
from sqlcrm.state.values import now

Place = tuple[int, int]
"""Run and statement."""

_START = """
UPDATE statements SET state = 'running', started_at = ?
WHERE run_id = ? AND number = ? AND state = 'planned'
"""
_AGAIN = "UPDATE runs SET state = 'running', ended_at = NULL, exit_code = NULL WHERE run_id = ?"
_WAITING = """
SELECT s.run_id, s.number, r.pid, r.process, r.host
FROM statements s JOIN runs r USING (run_id) WHERE s.state = 'planned'
"""
_GIVE_UP = (
    """
    UPDATE operations SET state = 'skipped', reason = ?, ended_at = ?
    WHERE run_id = ? AND state = 'planned'
    """,
    """
    UPDATE operations SET state = 'unknown', reason = ?, ended_at = ?
    WHERE run_id = ? AND state = 'sent'
    """,
    """
    UPDATE statements SET state = 'failed', error = ?, ended_at = ?
    WHERE run_id = ? AND state IN ('planned', 'running')
    """,
    "UPDATE runs SET state = 'failed', error = ?, ended_at = ?, exit_code = 1 WHERE run_id = ?",
)
ABANDONED = "its session ended before COMMIT"


class Commits:
    """What COMMIT asks of the journal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def commit(self, places: Sequence[Place]) -> None:
        """Begin every statement of a transaction, and let its run run again, in one commit.

        A crash leaves all of them to be resumed, or none.
        """
        at = now()
        with self._database.writing("committed") as connection:
            changed = connection.executemany(_START, [(at, *place) for place in places])
            expect(changed, len(places), "only what waits can be committed")
            connection.executemany(_AGAIN, [(run,) for run in {run for run, _ in places}])

    def give_up(self, run: int, why: str) -> None:
        """End a run that was stopped: what is planned is skipped, what was sent stays unknown."""
        at = now()
        with self._database.writing("given_up") as connection:
            for sql in _GIVE_UP:
                connection.execute(sql, (why, at, run))

    def drop_uncommitted(self) -> int:
        """Skip what waits for a COMMIT that nobody is left to give; return how many statements."""
        left = [
            (run, number)
            for run, number, pid, token, host in self._database.rows(_WAITING)
            if not process.is_alive(pid, token, host)
        ]
        if not left:
            return 0
        at = now()
        with self._database.writing("uncommitted") as connection:
            connection.executemany(SKIP, [(ABANDONED, at, *place) for place in left])
            ended = [("skipped", at, 0, ABANDONED, *place) for place in left]
            connection.executemany(END_STATEMENT, ended)
        return len(left)
