"""A cursor: runs statements and holds the result of the last one (PEP 249, and beyond it)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from sqlcrm.errors import (
    Cancelled,
    Error,
    InterfaceError,
    OutcomeUnknown,
    ProgrammingError,
    Rejected,
)
from sqlcrm.session.result import Binds, Result
from sqlcrm.session.run import parsed, pointing, run
from sqlcrm.session.state import Session
from sqlcrm.writing.report import Report

if TYPE_CHECKING:
    import pyarrow as pa


class Owner(Protocol):
    """What a cursor belongs to."""

    @property
    def session(self) -> Session:
        """The session beneath."""


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

    def __init__(self, connection: Owner, on_rejected: str) -> None:
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
