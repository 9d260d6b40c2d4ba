"""Runs that ended before their work did: finding them, taking them over, giving them up."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlcrm.errors import Busy, ProgrammingError
from sqlcrm.state import process
from sqlcrm.state.database import Database
from sqlcrm.state.reading import SEALED
from sqlcrm.state.values import Operation, Pending, Stored, Unfinished, checksum, now

_ENDED_EARLY = """
SELECT run_id, kind, script, script_text, started_at, state, statements_total, pid, process, host
FROM runs
WHERE state IN ('running', 'interrupted', 'crashed') OR run_id IN (
    SELECT run_id FROM operations WHERE state IN ('planned', 'sent') AND state = 'sent')
ORDER BY run_id
"""
_PENDING = """
SELECT s.number, s.text, s.verb, s.alias, s.connector, coalesce(a.origin, ''),
    coalesce(a.own_id, ''), s.account_id, s.table_name, s.state
FROM statements s LEFT JOIN accounts a USING (account_id)
WHERE s.run_id = ? AND s.state <> 'planned' AND (s.state = 'running' OR EXISTS (
    SELECT 1 FROM operations o
    WHERE o.run_id = s.run_id AND o.statement = s.number AND o.state IN ({states})))
ORDER BY s.number
"""
_DUE = _PENDING.format(states="'planned', 'sent'")
_LEFT = _PENDING.format(states="'planned', 'sent', 'unknown'")
_COUNTS = "SELECT state, count(*) FROM operations WHERE run_id = ? AND statement = ? GROUP BY state"
_STORED = f"""
SELECT {", ".join(SEALED)}, state, reason, same_as, batch, remote_id, attempts, sent_at, after,
    undone_by, checksum
FROM operations WHERE run_id = ? AND statement = ?
"""
_OWNER = "SELECT state, pid, process, host FROM runs WHERE run_id = ?"


class Resuming:
    """What `resume` and `undo` ask of the journal."""

    def __init__(self, database: Database, clean: Callable[[str], str]) -> None:
        self._database = database
        self._clean = clean

    def unfinished(self, run: int | None = None) -> list[Unfinished]:
        """Return the runs, or that run, that no process works on and that left work behind.

        Those ended by a crash or interrupted, with operations planned, sent or unknown, a statement
        still running, or some that never began behind others that wrote; and any other run with
        operations sent whose outcome could not be written down.
        Statements that wait for a COMMIT that never came are not among the work.
        """
        found = []
        for row in self._database.rows(_ENDED_EARLY):
            number, kind, script, text, started, state, total, pid, token, host = row
            if run is not None and number != run:
                continue
            if state == "running":
                if process.is_alive(pid, token, host):
                    continue
                state = "crashed"
            early = state in {"interrupted", "crashed"}
            due, last = self._pending(number, _LEFT if early else _DUE), self._last(number)
            if due or (last and state != "failed" and last < (total or 0)):
                at = self._time(started)
                place = (number, kind, script, text, at, state, total)
                found.append(Unfinished(*place, self._pending(number), last))
        return found

    def running(self) -> set[int]:
        """Return the runs that a process works on."""
        sql = "SELECT run_id, pid, process, host FROM runs WHERE state = 'running'"
        found = self._database.rows(sql)
        return {int(run) for run, *owner in found if process.is_alive(*owner)}

    def take_over(self, run: int) -> tuple[Pending, ...]:
        """Make this process the one of a run that nobody works on: it is running again.

        Returns what is left to do, now that nobody else does any of it.

        Raises: Busy where its process lives, or is another machine's; ProgrammingError where there
        is no such run or it has ended well.
        """
        pid = os.getpid()
        with self._database.writing("taken_over") as connection:
            state = self._unowned(connection, run)
            if state in {"done", "failed"} and not self._left_sent(connection, run):
                raise ProgrammingError(f"Run {run} is {state}: there is nothing to resume.")
            connection.execute(
                "UPDATE runs SET state = 'running', ended_at = NULL, exit_code = NULL, pid = ?, "
                "host = ?, process = ? WHERE run_id = ?",
                (pid, process.host(), process.token(pid), run),
            )
        return self._pending(run)

    def abandon(self, run: int, why: str) -> None:
        """End, as crashed, a run that still says running; one of another machine on your word.

        Raises: Busy where its process lives on this machine; ProgrammingError where it has ended.
        """
        with self._database.writing("abandoned") as connection:
            state = self._unowned(connection, run, elsewhere=True)
            if state != "running":
                raise ProgrammingError(f"Run {run} is {state}: it needs no ending.")
            connection.execute(
                "UPDATE runs SET state = 'crashed', ended_at = ?, error = ? WHERE run_id = ?",
                (now(), self._clean(why), run),
            )

    def operations(
        self, run: int, statement: int, states: Collection[str] | None = None
    ) -> list[Stored]:
        """Return the operations of a statement, those in `states` only, by number.

        Raises: JournalProblem where one is not what was frozen.
        """
        chosen = list(states) if states is not None else []
        some = f"AND state IN ({', '.join('?' * len(chosen))})" if states is not None else ""
        sql = f"{_STORED} {some} ORDER BY number"
        return [self._stored(row) for row in self._database.rows(sql, (run, statement, *chosen))]

    def _pending(self, run: int, query: str = _LEFT) -> tuple[Pending, ...]:
        return tuple(
            Pending(*[*row, dict(self._database.rows(_COUNTS, (run, row[0])))])
            for row in self._database.rows(query, (run,))
        )

    def _last(self, run: int) -> int:
        """Return the number of the last statement of a run that was to write; 0 for none."""
        sql = "SELECT max(number) FROM statements WHERE run_id = ? AND state <> 'planned'"
        return int(self._database.rows(sql, (run,))[0][0] or 0)

    def _unowned(self, connection: sqlite3.Connection, run: int, *, elsewhere: bool = False) -> str:
        """Return a run's state; raise where a process works on it. elsewhere: none of ours."""
        row = connection.execute(_OWNER, (run,)).fetchone()
        if row is None:
            raise ProgrammingError(f"There is no run {run}: runs@sqlcrm has them all.")
        state, pid, token, host = row
        here = host == process.host()
        if state == "running" and (here or not elsewhere) and process.is_alive(pid, token, host):
            what = "wait until it has ended" if here else "resume it there"
            raise Busy(f"Run {run} is being worked on by process {pid} on {host}: {what}.")
        return str(state)

    def _left_sent(self, connection: sqlite3.Connection, run: int) -> bool:
        sql = "SELECT 1 FROM operations WHERE run_id = ? AND state = 'sent' LIMIT 1"
        return connection.execute(sql, (run,)).fetchone() is not None

    def _stored(self, row: tuple[Any, ...]) -> Stored:
        number, table, verb, *texts = row[: len(SEALED)]
        state, reason, same_as, batch, remote_id, attempts, sent_at, after, undone_by, seal = row[
            len(SEALED) :
        ]
        sound = all(isinstance(text, str | None) for text in texts)
        if not sound or checksum(number, table, verb, *texts) != seal:
            raise self._database.damaged(f"row {number} is not what was frozen")
        key, natural, values, before = (json.loads(text or "null") for text in texts)
        operation = Operation(
            number, table, verb, key, natural, values, before, state, reason, same_as, batch
        )
        try:
            told = None if after is None else json.loads(after)
        except ValueError as error:
            raise self._database.damaged(str(error)) from error
        sent = None if sent_at is None else self._time(sent_at)
        return Stored(operation, state, reason, remote_id, attempts, sent, told, undone_by)

    def _time(self, text: str) -> datetime:
        try:
            return datetime.fromisoformat(text)
        except (TypeError, ValueError) as error:
            raise self._database.damaged(str(error)) from error
