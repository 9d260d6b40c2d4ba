"""The Python way in: PEP 249, and beyond it Arrow, data frames and reports."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlcrm.catalog.config import find_config, load_config
from sqlcrm.errors import Error, InterfaceError, ProgrammingError
from sqlcrm.session.cursor import Cursor
from sqlcrm.session.result import Binds
from sqlcrm.session.run import parsed, pointing, stream
from sqlcrm.session.state import WAIT, Session
from sqlcrm.writing.guards import Limits

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
    wait: float = WAIT,
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
    wait: seconds to wait for another run that writes the same table.
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
        wait=wait,
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
