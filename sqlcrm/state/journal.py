"""The journal: what is to be written is on disk before the first call, what came of it after.

::

    planned ─→ sent ─→ done | rejected | unknown ─→ done | rejected    mark_sent, settle, resolve
       ├←──────┴────────────────────────┘    settle: provably not sent; reset: to be sent again
       └→ skipped                            unchanged and rejected may be frozen as such

A statement goes planned (not committed yet) ─→ running ─→ done | failed | skipped; one that failed
with rows left is started again by whoever resumes it. A run goes running ─→ done | failed |
interrupted | crashed, and back to running when another process takes over what is left of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlcrm.errors import ProgrammingError
from sqlcrm.state import process, transitions
from sqlcrm.state.commits import Commits
from sqlcrm.state.database import Database
from sqlcrm.state.folder import state_folder
from sqlcrm.state.forgetting import Forgetting
from sqlcrm.state.memory import Memory, last_sent, superseded
from sqlcrm.state.opt_outs import OptOuts
from sqlcrm.state.pruning import Pruning
from sqlcrm.state.reading import read
from sqlcrm.state.relations import RELATIONS
from sqlcrm.state.resuming import Resuming
from sqlcrm.state.rows import operation_row, request_row, settled_row
from sqlcrm.state.secret import HashKey
from sqlcrm.state.transitions import allow, expect
from sqlcrm.state.values import Operation as Operation
from sqlcrm.state.values import Pending as Pending
from sqlcrm.state.values import Settled as Settled
from sqlcrm.state.values import Stored as Stored
from sqlcrm.state.values import Unfinished as Unfinished
from sqlcrm.state.values import now, to_text


class Journal:
    """The journal of this user, shared by threads and processes. Its file is made when needed.

    redact: takes secrets out of every text that people or APIs wrote, before it is stored. Keys
    and values of rows are stored as they are: a resumed run must send what was planned.
    watch: is told of each transition: `sent?` just before its commit, `sent` just after.
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
        watch: Callable[[str], None] | None = None,
    ) -> None:
        folder = folder or state_folder(create=False)
        self.database = database or Database(folder / "journal.sqlite3", wait=wait)
        self.database.watch = watch or self.database.watch
        self.path = self.database.path
        self._redact = redact
        self._version = version
        self._last: tuple[int, int] | None = None
        self._compose()

    def _compose(self) -> None:
        """Give the journal what other modules do with the same file, under its own names."""
        database, key = self.database, HashKey(self.database)
        resuming = Resuming(database, self._clean)
        self.unfinished = resuming.unfinished
        self.take_over = resuming.take_over
        self.abandon = resuming.abandon
        self.operations = resuming.operations
        commits = Commits(database)
        self.commit = commits.commit
        self.drop_uncommitted = commits.drop_uncommitted
        self.give_up = commits.give_up
        memory = Memory(database)
        self.superseded = partial(superseded, database)
        self.last_sent = partial(last_sent, database)
        self.account = memory.account
        self.made_before = memory.made_before
        self.stored_as = memory.stored_as
        self.source_rows = memory.source_rows
        self.remember_source = memory.remember_source
        opt_outs = OptOuts(database, key)
        self.remember_opt_outs = opt_outs.remember
        self.opted_out = opt_outs.among
        self.has_opt_outs = opt_outs.any
        self.forget_opt_outs = opt_outs.forget
        self.prune = Pruning(database, resuming).prune
        self.forget = Forgetting(database, key).forget

    def begin_run(
        self,
        kind: str,
        script: str = "",
        text: str = "",
        at: datetime | None = None,
        *,
        of_run: int | None = None,
        statements: int | None = None,
    ) -> int:
        """Start a run of this process, which began at `at`, and return its number.

        of_run: the run that it resumes or undoes. statements: how many its script has.
        """
        pid = os.getpid()
        values = (kind, script, self._clean(text), now(at), pid, process.host(), process.token(pid))
        with self.database.writing("begin_run") as connection:
            more = (self._version, of_run, statements)
            cursor = connection.execute(transitions.BEGIN_RUN, (*values, *more))
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
        state: str = "running",
    ) -> None:
        """Start the statement `number` of a run; `planned`: it waits for COMMIT."""
        allow({"running", "planned"}, {state}, "statements begun as")
        names = (account, alias, connector, table)
        started = now() if state == "running" else None
        with self.database.writing("begin_statement") as connection:
            connection.execute(
                transitions.BEGIN_STATEMENT,
                (state, run, number, self._clean(text), verb, *names, started),
            )

    def start_statement(self, run: int, number: int) -> None:
        """Let a planned statement run, or one that failed and has rows that are not final."""
        with self.database.writing("start_statement") as connection:
            changed = connection.execute(transitions.START_STATEMENT, (now(), run, number))
            expect(changed, 1, f"statement {number} of run {run} has nothing to do")

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
        allow(transitions.FROZEN, {row[-5] for row in rows}, "frozen")
        with self.database.writing("frozen") as connection:
            connection.executemany(transitions.FREEZE, rows)
            changed = connection.execute(
                "UPDATE statements SET source_rows = ?, account_id = coalesce(account_id, ?) "
                "WHERE run_id = ? AND number = ? AND state IN ('planned', 'running')",
                (source_rows, account, run, statement),
            )
            expect(changed, 1, f"statement {statement} of run {run} is not running")
        self._last = (run, statement)

    def mark_sent(self, run: int, statement: int, numbers: Sequence[int]) -> None:
        """Say that these are about to be sent. The call may be made once this has returned."""
        at = now()
        with self.database.writing("sent") as connection:
            changed = connection.executemany(
                transitions.SEND, [(at, run, statement, n) for n in numbers]
            )
            expect(changed, len(numbers), "only what is planned can be sent")

    def settle(
        self,
        run: int,
        statement: int,
        settled: Sequence[Settled],
        requests: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Say what became of operations that were sent, and log the calls, in one commit."""
        allow(transitions.SETTLED, {one.state for one in settled}, "settled as")
        at = now()
        rows = [(*settled_row(one, at, self._clean), run, statement, one.number) for one in settled]
        calls = [(run, statement, *request_row(one, self._clean)) for one in requests]
        with self.database.writing("settled") as connection:
            changed = connection.executemany(transitions.SETTLE, rows)
            expect(changed, len(rows), "only what was sent can be settled")
            connection.executemany(transitions.LOG, calls)

    def resolve(self, run: int, statement: int, settled: Sequence[Settled]) -> None:
        """Say what looking up told about operations that were sent or unknown."""
        allow(transitions.RESOLVED, {one.state for one in settled}, "resolved as")
        at = now()
        rows = [(*settled_row(one, at, self._clean), run, statement, one.number) for one in settled]
        with self.database.writing("resolved") as connection:
            changed = connection.executemany(transitions.RESOLVE, rows)
            expect(changed, len(rows), "only what was sent or is unknown can be resolved")

    def reset(self, run: int, statement: int, numbers: Sequence[int]) -> None:
        """Let operations that were sent or are unknown be sent again: they are planned."""
        with self.database.writing("reset") as connection:
            rows = [(run, statement, number) for number in numbers]
            changed = connection.executemany(transitions.RESET, rows)
            expect(changed, len(rows), "only what was sent or is unknown can be sent again")

    def mark_undone(self, run: int, statement: int, numbers: Sequence[int], by_run: int) -> None:
        """Say that `by_run` took these back; it may say so twice, other runs may not."""
        with self.database.writing("undone") as connection:
            rows = [(by_run, run, statement, number, by_run, by_run) for number in numbers]
            changed = connection.executemany(transitions.UNDO, rows)
            expect(changed, len(rows), "only what is done, and was not undone, can be undone")

    def skip(self, run: int, statement: int, why: str, numbers: Sequence[int] | None = None) -> int:
        """Give up planned operations, all of them or `numbers`. Returns how many there were."""
        place = (self._clean(why), now(), run, statement)
        with self.database.writing("skipped") as connection:
            if numbers is None:
                return connection.execute(transitions.SKIP, place).rowcount
            rows = [(*place, number) for number in numbers]
            changed = connection.executemany(f"{transitions.SKIP} AND number = ?", rows)
            expect(changed, len(rows), "only what is planned can be skipped")
            return len(rows)

    def note_unmatched(
        self, run: int, statement: int, rows: Sequence[tuple[str, str, str, Any, int]]
    ) -> None:
        """Keep the keys of a source that met nothing: source, table, column, value, count."""
        texts = [
            (run, statement, source, table, column, None if v is None else to_text(str(v)), count)
            for source, table, column, v, count in rows
        ]
        with self.database.writing("unmatched") as connection:
            connection.executemany("INSERT INTO unmatched VALUES (?, ?, ?, ?, ?, ?, ?)", texts)

    def log_requests(self, run: int, statement: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the calls that were made: columns of the table `requests`, any may be left out."""
        calls = [(run, statement, *request_row(one, self._clean)) for one in rows]
        with self.database.writing("requests") as connection:
            connection.executemany(transitions.LOG, calls)

    def end_statement(
        self, run: int, number: int, state: str, *, calls: int = 0, error: str = ""
    ) -> None:
        """End a statement as `done`, `failed` or `skipped`; its calls are added to earlier ones."""
        allow(transitions.ENDED_STATEMENT, {state}, "statements ended as")
        with self.database.writing("ended_statement") as connection:
            changed = connection.execute(
                transitions.END_STATEMENT,
                (state, now(), calls, self._clean(error), run, number),
            )
            expect(changed, 1, f"statement {number} of run {run} is not running")

    def end_run(self, run: int, state: str, exit_code: int) -> None:
        """End a run as `done`, `failed`, `interrupted` or `crashed`."""
        allow(transitions.ENDED_RUN, {state}, "runs ended as")
        with self.database.writing("ended_run") as connection:
            changed = connection.execute(
                "UPDATE runs SET state = ?, ended_at = ?, exit_code = ? "
                "WHERE run_id = ? AND state = 'running'",
                (state, now(), exit_code, run),
            )
            expect(changed, 1, f"run {run} is not running")

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
