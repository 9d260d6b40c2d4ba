"""The journal: what is to be written is on disk before the first call, what came of it after.

::

    planned ─→ sent ─→ done | rejected | unknown
       │  ←──────┘ provably not sent
       └→ skipped                                unchanged and rejected may be frozen as such
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlcrm.errors import InternalError, ProgrammingError
from sqlcrm.state import process
from sqlcrm.state.database import Database
from sqlcrm.state.folder import state_folder
from sqlcrm.state.reading import read
from sqlcrm.state.relations import RELATIONS
from sqlcrm.state.rows import operation_row, request_row, settled_row
from sqlcrm.state.values import Operation as Operation
from sqlcrm.state.values import Settled as Settled
from sqlcrm.state.values import now, to_text

_FREEZE = """
INSERT INTO operations (run_id, statement, account_id, number, table_name, verb, key, natural_key,
    new_values, before, checksum, state, reason, same_as, batch, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SEND = """
UPDATE operations SET state = 'sent', attempts = attempts + 1, sent_at = ?
WHERE run_id = ? AND statement = ? AND number = ? AND state = 'planned'
"""
_SETTLE = """
UPDATE operations SET state = ?, reason = ?, remote_id = ?, answer = ?, ended_at = ?
WHERE run_id = ? AND statement = ? AND number = ? AND state = 'sent'
"""
_RESOLVE = """
UPDATE operations SET state = ?, reason = ?, remote_id = ?, answer = ?, ended_at = ?
WHERE run_id = ? AND statement = ? AND number = ? AND state = 'unknown'
"""
_SKIP = """
UPDATE operations SET state = 'skipped', reason = ?, ended_at = ?
WHERE run_id = ? AND statement = ? AND state = 'planned'
"""
_LOG = """
INSERT INTO requests (run_id, statement, account_id, connection, at, method, path, query, status,
    attempt, waited_ms, ms, bytes, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
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
_FROZEN = {"planned", "unchanged", "rejected"}
_SETTLED = {"done", "rejected", "unknown", "planned"}


class Journal:
    """The journal of this user, shared by threads and processes. Its file is made when needed.

    redact: takes secrets out of every text that people or APIs wrote, before it is stored. Keys
    and values of rows are stored as they are: a resumed run must send what was planned.
    Raises, in every method: JournalProblem where the file is damaged or cannot be written, Busy
    where others hold it for longer than `wait` seconds. What raised has changed nothing.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        redact: Callable[[str], str] = str,
        version: str = "",
        wait: float = 30.0,
        database: Database | None = None,
    ) -> None:
        folder = folder or state_folder(create=False)
        self.database = database or Database(folder / "journal.sqlite3", wait=wait)
        self.path = self.database.path
        self._redact = redact
        self._version = version
        self._last: tuple[int, int] | None = None

    def account(self, connector: str, origin: str, own_id: str) -> int:
        """Return the number of an account, a new one where it is seen for the first time."""
        names = (connector, to_text(origin), to_text(own_id))
        sql = "SELECT account_id FROM accounts WHERE (connector, origin, own_id) = (?, ?, ?)"
        found = self.database.rows(sql, names)
        if not found:
            with self.database.writing() as connection:
                connection.execute(
                    "INSERT INTO accounts (connector, origin, own_id, first_seen) "
                    "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (*names, now()),
                )
            found = self.database.rows(sql, names)
        return int(found[0][0])

    def begin_run(
        self, kind: str, script: str = "", text: str = "", at: datetime | None = None
    ) -> int:
        """Start a run of this process, which began at `at`, and return its number."""
        pid = os.getpid()
        values = (kind, script, self._clean(text), now(at), pid, process.host(), process.token(pid))
        with self.database.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO runs (state, kind, script, script_text, started_at, pid, host, "
                "process, version) VALUES ('running', ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, self._version),
            )
            return int(cursor.lastrowid or 0)

    def begin_statement(
        self,
        run: int,
        number: int,
        text: str,
        verb: str,
        *,
        account: int | None = None,
        alias: str = "",
        connector: str = "",
        table: str = "",
    ) -> None:
        """Start the statement `number` of a run."""
        names = (account, alias, connector, table)
        with self.database.writing() as connection:
            connection.execute(
                "INSERT INTO statements (state, run_id, number, text, verb, account_id, alias, "
                "connector, table_name, started_at) VALUES ('running', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (run, number, self._clean(text), verb, *names, now()),
            )

    def freeze(
        self,
        run: int,
        statement: int,
        account: int,
        operations: Iterable[Operation],
        source_rows: int,
    ) -> None:
        """Write down all that the statement is to do, in one transaction, before its first call."""
        place = (run, statement, account)
        rows = [(*place, *operation_row(one, self._clean)) for one in operations]
        _allow(_FROZEN, {row[-5] for row in rows}, "frozen")
        with self.database.writing() as connection:
            connection.executemany(_FREEZE, rows)
            changed = connection.execute(
                "UPDATE statements SET source_rows = ?, account_id = coalesce(account_id, ?) "
                "WHERE run_id = ? AND number = ? AND state IN ('planned', 'running')",
                (source_rows, account, run, statement),
            )
            _expect(changed, 1, f"statement {statement} of run {run} is not running")
        self._last = (run, statement)

    def mark_sent(self, run: int, statement: int, numbers: Sequence[int]) -> None:
        """Say that these are about to be sent. The call may be made once this has returned."""
        at = now()
        with self.database.writing() as connection:
            changed = connection.executemany(_SEND, [(at, run, statement, n) for n in numbers])
            _expect(changed, len(numbers), "only what is planned can be sent")

    def settle(
        self,
        run: int,
        statement: int,
        settled: Sequence[Settled],
        requests: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Say what became of operations that were sent, and log the calls, in one commit."""
        _allow(_SETTLED, {one.state for one in settled}, "settled as")
        at = now()
        rows = [(*settled_row(one, at, self._clean), run, statement, one.number) for one in settled]
        calls = [(run, statement, *request_row(one, self._clean)) for one in requests]
        with self.database.writing() as connection:
            changed = connection.executemany(_SETTLE, rows)
            _expect(changed, len(rows), "only what was sent can be settled")
            connection.executemany(_LOG, calls)

    def resolve(self, run: int, statement: int, settled: Sequence[Settled]) -> None:
        """Say what looking up told about operations that were unknown: they are `done`."""
        _allow({"done"}, {one.state for one in settled}, "resolved as")
        at = now()
        rows = [(*settled_row(one, at, self._clean), run, statement, one.number) for one in settled]
        with self.database.writing() as connection:
            changed = connection.executemany(_RESOLVE, rows)
            _expect(changed, len(rows), "only what is unknown can be resolved")

    def made_before(self, account: int, table: str) -> list[tuple[int, str, str]]:
        """Return run, state and values (JSON) of each row that was or may have been made.

        `done` ones that were not undone, nor deleted by a later operation of the journal, and
        those `sent` or `unknown`; oldest first.
        """
        found = self.database.rows(_MADE, (account, table))
        return [(int(run), str(state), str(values)) for run, state, values in found]

    def skip(self, run: int, statement: int, why: str, numbers: Sequence[int] | None = None) -> int:
        """Give up planned operations, all of them or `numbers`. Returns how many there were."""
        place = (self._clean(why), now(), run, statement)
        with self.database.writing() as connection:
            if numbers is None:
                return connection.execute(_SKIP, place).rowcount
            rows = [(*place, number) for number in numbers]
            changed = connection.executemany(f"{_SKIP} AND number = ?", rows)
            _expect(changed, len(rows), "only what is planned can be skipped")
            return len(rows)

    def note_unmatched(
        self, run: int, statement: int, rows: Sequence[tuple[str, str, str, Any, int]]
    ) -> None:
        """Keep the keys of a source that met nothing: source, table, column, value, count."""
        texts = [
            (run, statement, source, table, column, None if v is None else to_text(str(v)), count)
            for source, table, column, v, count in rows
        ]
        with self.database.writing() as connection:
            connection.executemany("INSERT INTO unmatched VALUES (?, ?, ?, ?, ?, ?, ?)", texts)

    def log_requests(self, run: int, statement: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the calls that were made: columns of the table `requests`, any may be left out."""
        calls = [(run, statement, *request_row(one, self._clean)) for one in rows]
        with self.database.writing() as connection:
            connection.executemany(_LOG, calls)

    def end_statement(
        self, run: int, number: int, state: str, *, calls: int = 0, error: str = ""
    ) -> None:
        """End a statement as `done`, `failed` or `skipped`."""
        _allow({"done", "failed", "skipped"}, {state}, "statements ended as")
        with self.database.writing() as connection:
            changed = connection.execute(
                "UPDATE statements SET state = ?, ended_at = ?, calls = ?, error = ? "
                "WHERE run_id = ? AND number = ? AND state IN ('planned', 'running')",
                (state, now(), calls, self._clean(error), run, number),
            )
            _expect(changed, 1, f"statement {number} of run {run} is not running")

    def end_run(self, run: int, state: str, exit_code: int) -> None:
        """End a run as `done`, `failed`, `interrupted` or `crashed`."""
        _allow({"done", "failed", "interrupted", "crashed"}, {state}, "runs ended as")
        with self.database.writing() as connection:
            changed = connection.execute(
                "UPDATE runs SET state = ?, ended_at = ?, exit_code = ? "
                "WHERE run_id = ? AND state = 'running'",
                (state, now(), exit_code, run),
            )
            _expect(changed, 1, f"run {run} is not running")

    def counts(self, run: int, statement: int) -> dict[str, int]:
        """Return how many operations of a statement are in which state."""
        sql = (
            "SELECT state, count(*) FROM operations WHERE run_id = ? AND statement = ? "
            "GROUP BY state"
        )
        return dict(self.database.rows(sql, (run, statement)))

    def relation(
        self, name: str, **arguments: int
    ) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        """Return the columns, each with its DuckDB type, and the rows of `name@sqlcrm`.

        arguments: `run` and `statement`, to see only those. `rejected` and `unmatched` without
        arguments are about the last write. Times come as datetimes, JSON as text.
        """
        relation = RELATIONS.get(name)
        if relation is None:
            known = ", ".join(f"{one}@sqlcrm" for one in RELATIONS)
            raise ProgrammingError(f"There is no {name}@sqlcrm: take one of {known}.")
        if relation.latest and not arguments:
            latest = self.latest_write()
            if latest is None:
                return relation.described, []
            arguments = {"run": latest[0], "statement": latest[1]}
        return relation.described, read(self.database, name, relation, arguments)

    def latest_write(self) -> tuple[int, int] | None:
        """Return run and statement of this journal's last freeze, else of the last in the file."""
        if self._last is None:
            found = self.database.rows(
                "SELECT run_id, number FROM statements WHERE source_rows IS NOT NULL "
                "ORDER BY run_id DESC, number DESC LIMIT 1"
            )
            return (int(found[0][0]), int(found[0][1])) if found else None
        return self._last

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _clean(self, text: str) -> str:
        return to_text(self._redact(text))


def _allow(states: set[str], given: set[str], what: str) -> None:
    """Raise unless every given state is one of `states`."""
    if wrong := given - states:
        raise InternalError(f"Nothing can be {what} {', '.join(sorted(wrong))}.")


def _expect(changed: sqlite3.Cursor, count: int, rule: str) -> None:
    """Raise, and so undo the transaction, unless exactly `count` rows were changed."""
    found = max(changed.rowcount, 0)  # -1 after an executemany of nothing
    if found != count:
        raise InternalError(f"The journal refused {count - found} of {count} changes: {rule}.")
