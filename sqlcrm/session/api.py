"""The Python way in: PEP 249, and beyond it Arrow, data frames and reports."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlcrm.catalog.config import find_config, load_config
from sqlcrm.errors import (
    Cancelled,
    Error,
    InterfaceError,
    OutcomeUnknown,
    ProgrammingError,
    Rejected,
)
from sqlcrm.session.result import Binds, Result
from sqlcrm.session.run import parsed, pointing, run, stream
from sqlcrm.session.state import Session
from sqlcrm.writing.guards import Limits
from sqlcrm.writing.report import Report

if TYPE_CHECKING:
    import pyarrow as pa

    from sqlcrm.session.plans import Plan
    from sqlcrm.session.resuming import Resumed

apilevel = "2.0"
threadsafety = 1  # threads may share the module, not connections
paramstyle = "qmark"


def connect(
    config: str | Path | Mapping[str, Any] | None = None,
    *,
    yes: bool = False,
    max_changes: int | None = None,
    max_deletes: int | None = None,
    on_rejected: str = "report",
    restricted: bool = False,
    state: str | Path | None = None,
    **connections: Mapping[str, Any],
) -> Connection:
    """Open a session.

    config: a connections file, a mapping of one, "auto" to look for `sqlcrm.toml` as the command
        does, or None. connections: further ones by alias:
        `connect(ac={"connector": "activecampaign", "url": …, "api_key": {"env": "AC_KEY"}})`.
    yes, max_changes, max_deletes: what a write may do without being asked; see docs/writing.md.
    on_rejected: "report" leaves rejected rows to `cursor.report`; "raise" raises Rejected.
    restricted: no files, no settings; for statements of strangers.
    state: the folder of the journal and of what is used of rate limits, instead of the user's own.
    Raises: ConfigurationError.
    """
    if on_rejected not in {"report", "raise"}:
        raise InterfaceError('on_rejected is "report" or "raise"')
    configs = dict(load_config(_source(config)) if config is not None else {})
    configs |= load_config(connections) if connections else {}
    session = Session(
        configs,
        limits=Limits(yes=yes, max_changes=max_changes, max_deletes=max_deletes),
        state=Path(state) if state is not None else None,
        restricted=restricted,
    )
    return Connection(session, on_rejected)


def _source(config: str | Path | Mapping[str, Any]) -> Path | Mapping[str, Any]:
    if isinstance(config, Mapping):
        return config
    if config == "auto":
        return find_config(None, Path.cwd()) or {}
    return Path(config)


class Connection:
    """A session with its connections, journal and local tables. For one thread at a time."""

    def __init__(self, session: Session, on_rejected: str = "report") -> None:
        self._session: Session | None = session
        self._on_rejected = on_rejected

    @property
    def session(self) -> Session:
        """The session beneath.

        Raises: InterfaceError once it is closed.
        """
        if self._session is None:
            raise InterfaceError("this connection is closed")
        return self._session

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        return Cursor(self, self._on_rejected)

    def execute(self, sql: str, parameters: Binds = None) -> Cursor:
        """Run one or several statements; the cursor holds the result of the last."""
        return self.cursor().execute(sql, parameters)

    def stream(self, sql: str, parameters: Binds = None) -> Generator[pa.RecordBatch, None, None]:
        """Yield the rows of one query as Arrow batches, as they come from the API.

        A SELECT from one remote table whose rows need not wait for each other is held page by
        page; any other query is run as a whole first. Until the stream is at its end or closed,
        the connection runs nothing else.
        Raises: sqlcrm.Error, while the rows are read.
        """
        session = self.session
        session.forget_cancel()
        found = parsed(session, sql)
        if len(found) != 1:
            raise ProgrammingError("a stream takes one statement")
        session.stop_if_streaming()
        session.begin(text=sql)
        session.next_statement()
        code = 0
        try:
            with pointing(found[0], sql):
                yield from stream(session, found[0], parameters)
        except Error as error:
            code = error.exit_code
            raise
        finally:
            session.end(code)

    def plan(self, sql: str, parameters: Binds = None) -> Plan:
        """Plan every write of a text: what it would change, row by row, and in how many calls.

        Its local statements run; nothing is written to a CRM before `Plan.apply`.
        Raises: sqlcrm.Error.
        """
        from sqlcrm.session.plans import make_plan

        self.session.forget_cancel()
        return make_plan(self.session, sql, parameters)

    def load_plan(self, path: str | Path) -> Plan:
        """Return a plan that `Plan.save` wrote.

        Raises: ProgrammingError, WrongAccount.
        """
        from sqlcrm.session.plans import load_plan

        self.session.forget_cancel()
        return load_plan(self.session, Path(path))

    def undo(self, run: int, *, force: bool = False) -> Plan:
        """Plan to take a run back; `Plan.apply` does it.

        force: also rows that were changed since.
        Raises: ProgrammingError, WrongAccount.
        """
        from sqlcrm.session.undoing import undo_plan

        self.session.forget_cancel()
        return undo_plan(self.session, run, force=force)

    def resume(self, run: int | None = None) -> list[Resumed]:
        """Finish the runs, or that run, that a crash or an interrupt ended before their work did.

        Raises: ProgrammingError, Busy, WrongAccount; what stopped it again.
        """
        from sqlcrm.session.resuming import resume

        self.session.forget_cancel()
        return resume(self.session, run)

    def commit(self) -> None:
        """Apply the writes of a transaction, if one is open; without one each applied itself."""
        if self.session.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Give up the writes of a transaction, if one is open."""
        if self.session.in_transaction:
            self.execute("ROLLBACK")

    def cancel(self) -> None:
        """Stop what runs; may be called from another thread."""
        self.session.cancel()

    def close(self) -> None:
        """Close DuckDB, sockets and journal; a second call does nothing."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _stop_if_unknown(report: Report, left: int) -> None:
    """Refuse to go on where the statements behind may rest on rows of which nothing is known."""
    number = report.counts.get("unknown", 0)
    if number and left:
        raise OutcomeUnknown(
            f"{number} rows of statement {report.statement} have an unknown outcome, so the {left} "
            "statements behind it did not run: see operations@sqlcrm"
        )


class Cursor:
    """Runs statements and holds the result of the last one."""

    arraysize = 1

    def __init__(self, connection: Connection, on_rejected: str) -> None:
        self.connection = connection
        self._on_rejected = on_rejected
        self._closed = False
        self._result: Result | None = None
        self._rows: Iterator[tuple[Any, ...]] | None = None
        self.reports: list[Report] = []

    @property
    def report(self) -> Report | None:
        """The report of the last write, None after a query."""
        return self._result.report if self._result is not None else None

    @property
    def notices(self) -> Sequence[str]:
        """What the last statement wants its user to know."""
        return self._result.notices if self._result is not None else ()

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        """Name and DuckDB type of each column, as PEP 249 asks; None without a result set."""
        if self._result is None or not self._result.columns:
            return None
        return [(name, kind, None, None, None, None, None) for name, kind in self._result.columns]

    @property
    def rowcount(self) -> int:
        """Rows changed by the last write; -1 after a query."""
        return self.report.counts.get("done", 0) if self.report is not None else -1

    def execute(self, sql: str, parameters: Binds = None) -> Self:
        """Run one or several statements; parameters belong to a single one.

        Raises: sqlcrm.Error; with on_rejected="raise", Rejected when rows were.
        """
        session = self._session()
        session.forget_cancel()
        if isinstance(parameters, str) or not isinstance(parameters, Sequence | Mapping | None):
            raise ProgrammingError("parameters are a sequence for ?, or a mapping for $name")
        found = parsed(session, sql)
        if parameters and len(found) > 1:
            raise ProgrammingError("parameters go with one statement at a time")
        self.reports = []
        self._result = self._rows = None
        session.begin(text=sql, statements=len(found))
        try:
            for statement in found:
                session.next_statement()
                with pointing(statement, sql):
                    self._result = run(session, statement, parameters)
                for report in self._result.all_reports:
                    self.reports.append(report)
                    _stop_if_unknown(report, len(found) - session.statement)
        except Error as error:
            session.end(error.exit_code)
            raise
        except BaseException:
            session.end(Cancelled.exit_code)
            raise
        session.end(max((report.exit_code for report in self.reports), default=0))
        self._raise_rejected()
        return self

    def executemany(self, sql: str, parameters: Sequence[Binds]) -> Self:
        """Run one statement for each set of parameters."""
        for one in parameters:
            self.execute(sql, one)
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, None behind the last."""
        return next(self._iterator(), None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """Return up to `size` further rows."""
        rows = self._iterator()
        wanted = self.arraysize if size is None else size
        return [row for _, row in zip(range(wanted), rows, strict=False)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all further rows."""
        return list(self._iterator())

    def arrow(self) -> pa.Table:
        """Return the whole result as an Arrow table."""
        return self._need().arrow()

    def df(self) -> Any:
        """Return the whole result as a pandas data frame (pandas must be installed)."""
        return self.arrow().to_pandas()

    def pl(self) -> Any:
        """Return the whole result as a polars data frame (polars must be installed)."""
        import polars  # type: ignore[import-not-found,unused-ignore]  # optional, the user's own

        return polars.from_arrow(self.arrow())

    def close(self) -> None:
        """Let go of the result."""
        self._closed = True
        self._result = self._rows = None

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Do nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Do nothing, as PEP 249 allows."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._iterator()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _session(self) -> Session:
        if self._closed:
            raise InterfaceError("this cursor is closed")
        return self.connection.session

    def _need(self) -> Result:
        self._session()
        if self._result is None or self._result.relation is None:
            raise ProgrammingError("there is no result set: run a SELECT first")
        return self._result

    def _iterator(self) -> Iterator[tuple[Any, ...]]:
        if self._rows is None:
            self._rows = iter(self._need().rows())
        return self._rows

    def _raise_rejected(self) -> None:
        rejected = sum(report.counts.get("rejected", 0) for report in self.reports)
        if rejected and self._on_rejected == "raise":
            first = next(r for report in self.reports for r in report.rejected)
            raise Rejected(f"{rejected} rows were rejected; the first, row {first[0]}: {first[2]}")
