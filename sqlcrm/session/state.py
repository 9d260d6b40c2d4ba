"""What lives as long as a session: DuckDB, connections, journal, the run that is under way."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlcrm.errors import Cancelled, Error, InterfaceError, JournalProblem
from sqlcrm.execution.engine import Engine
from sqlcrm.session.pending import Pendings
from sqlcrm.session.progress import Watch, nobody
from sqlcrm.session.settings import Settings
from sqlcrm.session.views import Views

# A local query is to wait for none of these.
if TYPE_CHECKING:
    from sqlcrm.catalog.config import ConnectionConfig
    from sqlcrm.execution.cache import Cache
    from sqlcrm.execution.staging import Staged
    from sqlcrm.planner.access import Access
    from sqlcrm.planner.plan import Scan
    from sqlcrm.session.connections import Connections
    from sqlcrm.session.incremental import Incremental
    from sqlcrm.state.journal import Journal
    from sqlcrm.transport import Client
    from sqlcrm.writing.guards import Limits


WAIT = 60.0
"""Seconds to wait for another run that writes the same table."""


def total_key(scan: Scan, access: Access) -> tuple[object, ...]:
    """Return what names a list, its filters included, among those whose length is known."""
    return (scan.relation.connection, access.read.path, access.query)


def _scratch(state: Path | None) -> Path:
    """Return where temporary files go: the state folder, else the system's own place."""
    from sqlcrm.state.folder import make_private_folder, state_folder

    try:
        if state is not None:
            make_private_folder(state)
        return state or state_folder()
    except (OSError, JournalProblem):
        return Path(tempfile.gettempdir())  # a query needs no journal, only a write does


class Session:
    """One user at work. Not for two threads at once; `cancel` may be called from another.

    wait: seconds to wait for another run that writes the same table.
    progress: is told how far a statement is.
    """

    def __init__(
        self,
        configs: Mapping[str, ConnectionConfig],
        *,
        kind: str = "python",
        limits: Limits | None = None,
        state: Path | None = None,
        restricted: bool = False,
        wait: float = WAIT,
        progress: Watch = nobody,
    ) -> None:
        self.kind = kind
        self.wait = wait
        self.configs = configs
        self._limits = limits
        self._state = state
        self.progress = progress
        self.engine = Engine(_scratch(state), restricted=restricted)
        self._cancel = threading.Event()
        self.in_transaction = False
        self._run: int | None = None
        self.last_run: int | None = None  # the number of the last run that the journal knows
        self._statements = 0
        self._script = ("", "")
        self._of: tuple[str, int | None, int | None] = (kind, None, None)
        self.settings = Settings()
        self.views = Views()
        self._logged = 0
        self.wrote = False  # whether the run under way has written, and not only read
        self._began = dt.datetime.now(dt.UTC)
        self._streaming = False
        self.accounts: dict[str, int] = {}  # by alias, as the journal numbers them
        self.totals: dict[tuple[object, ...], int] = {}
        self.pending: Pendings[Any] = Pendings()
        self.event_positions: frozenset[int] | None = None  # of a batch; None: all that are stored

    @cached_property
    def connections(self) -> Connections:
        """The connections, none of them opened before it is used."""
        from sqlcrm.session.connections import Connections

        return Connections(self.configs, self._cancel, self._bound, self._state)

    def _bound(self, client: Client, config: ConnectionConfig) -> None:
        """Tell a connection's client what the session's settings allow it."""
        client.allow(self.settings.max_requests or config.max_requests)
        client.deadline(self.settings.seconds_left())

    @cached_property
    def incremental(self) -> Incremental:
        """How far the script under way has read tables."""
        from sqlcrm.session.incremental import Incremental

        return Incremental(self)

    @cached_property
    def cache(self) -> Cache:
        """What remote tables were read, for those connections that may use it again."""
        from sqlcrm.execution.cache import Cache

        return Cache(self.engine)

    @cached_property
    def journal(self) -> Journal:
        """The journal; its file is made by the first write."""
        from sqlcrm import __version__
        from sqlcrm.state.journal import Journal

        return Journal(self._state, redact=self._redacted, version=__version__)

    def _redacted(self, text: str) -> str:
        """Return a text without the secrets of the connections that were opened."""
        if "connections" not in self.__dict__:
            return text
        return self.connections.redacted(text)

    @cached_property
    def limits(self) -> Limits:
        """What a write may do unasked."""
        from sqlcrm.writing.guards import Limits

        return self._limits or Limits()

    def account(self, alias: str) -> int:
        """Return the number of a connection's account in the journal."""
        if alias not in self.accounts:
            opened = self.connections.get(alias)
            name, origin = opened.connector.name, opened.client.origin
            self.accounts[alias] = self.journal.account(name, origin, opened.identity.account)
        return self.accounts[alias]

    def people(self, alias: str) -> int:
        """Return the number under which the journal keeps who opted out: mostly the account's."""
        account, opened = self.account(alias), self.connections.get(alias)
        who = opened.identity
        if who.people == who.account:
            return account
        return self.journal.account(opened.connector.name, opened.client.origin, who.people)

    @contextmanager
    def holding(self, account: int, table: str) -> Iterator[None]:
        """Keep other runs on this machine from writing a table of an account.

        Raises: Busy after WAIT seconds.
        """
        from sqlcrm.state.locks import holding

        folder = self.journal.path.parent
        with holding(folder, account, table, wait=self.wait, stop=self.stop_if_cancelled):
            yield

    def remember(self, staged: Iterable[Staged]) -> None:
        """Note how long lists are, for the forecasts of later statements."""
        for one in staged:
            if one.total is not None:
                self.totals[total_key(one.scan, one.access)] = one.total

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """Keep other statements away while rows of one are still coming.

        Raises: InterfaceError where there is a stream already.
        """
        self.stop_if_streaming()
        self._streaming = True
        try:
            yield
        finally:
            self._streaming = False

    def stop_if_streaming(self) -> None:
        """Raise InterfaceError where a stream is read only in part as yet."""
        if self._streaming:
            raise InterfaceError("a stream is under way: read it to its end, or close() it, first")

    def stop_if_cancelled(self) -> None:
        """Raise Cancelled where the session was cancelled."""
        if self._cancel.is_set():
            raise Cancelled("cancelled while waiting for another run")

    def pause(self, seconds: float) -> None:
        """Wait so long.

        Raises: Cancelled where the session was cancelled meanwhile.
        """
        from sqlcrm.transport.clock import REAL

        REAL.wait(seconds, self._cancel)

    def begin(
        self,
        script: str = "",
        text: str = "",
        *,
        kind: str = "",
        of_run: int | None = None,
        statements: int | None = None,
    ) -> None:
        """Start a new run; the journal hears of it with its first write.

        kind: what it is, where it is not the session's own. of_run: the run that it takes back.
        statements: how many its script has.
        """
        self._run, self._statements, self._script = None, 0, (script, text)
        self.last_run = None
        self._of = (kind or self.kind, of_run, statements)
        self.wrote, self._began = False, dt.datetime.now(dt.UTC)

    def adopt(self, run: int, script: str) -> None:
        """Go on with a run that the journal has already."""
        self.begin(script)
        self._run, self.wrote = run, True

    def next_statement(self, number: int | None = None) -> int:
        """Count a statement of the run, from 1; or go to this one."""
        self._statements = self._statements + 1 if number is None else number
        return self._statements

    @property
    def statement(self) -> int:
        """The number of the statement under way."""
        return self._statements

    @property
    def run_number(self) -> int | None:
        """The number of the run, None while it has written nothing."""
        return self._run if self.wrote else None

    def journaled(self) -> int:
        """Return the number of the run, made in the journal by the first write."""
        if self._run is None:
            kind, of_run, statements = self._of
            self._run = self.journal.begin_run(
                kind, *self._script, at=self._began, of_run=of_run, statements=statements
            )
        return self._run

    def new_calls(self) -> list[dict[str, Any]]:
        """Return the calls made since this was last asked, as the journal keeps them."""
        if "connections" not in self.__dict__:
            return []
        calls = self.connections.calls
        fresh, self._logged = calls[self._logged :], len(calls)
        return [
            {field.name: getattr(call, field.name) for field in fields(call)}
            | {
                "at": dt.datetime.fromtimestamp(call.at, dt.UTC),
                "account_id": self.accounts.get(call.connection),
            }
            for call in fresh
        ]

    def log_calls(self) -> None:
        """Let the journal keep a statement's calls; a query needs none, so it may have trouble."""
        try:
            if fresh := self.new_calls():
                self.journal.log_requests(self.journaled(), self._statements, fresh)
        except (Error, OSError):
            return  # another run keeps it busy, or it cannot be written

    def end(self, exit_code: int) -> None:
        """End the run, if the journal has heard of it, in the state that its exit code means."""
        if self._run is not None:
            state = "done" if exit_code in {0, 4} else "failed"
            if exit_code == Cancelled.exit_code:
                state = "interrupted"
            self.journal.end_run(self._run, state, exit_code)
            self.last_run, self._run = self._run, None

    def cancel(self) -> None:
        """Stop what runs: waits, reads and DuckDB."""
        self._cancel.set()
        self.engine.interrupt()

    def forget_cancel(self) -> None:
        """Make the session usable again after `cancel`."""
        self._cancel.clear()

    def renew(self) -> None:
        """Be as a new session, but for the open connections: for a listener's next batch."""
        before, restricted = self.engine, self.engine.restricted
        self.engine = Engine(_scratch(self._state), restricted=restricted)
        before.close()
        self.settings, self.views, self.in_transaction = Settings(), Views(), False
        self.totals.clear()
        self.__dict__.pop("cache", None)
        if "connections" in self.__dict__:
            self.connections.calls.clear()  # the journal has them
        self._logged = 0

    def close(self) -> None:
        """Close DuckDB, the connections and the journal. What waits for COMMIT is given up."""
        for one in self.pending.take():
            with suppress(Error):  # a journal that cannot be written keeps nothing from closing
                one.give_up("the session ended before COMMIT")
        for part in ("connections", "journal"):
            if part in self.__dict__:  # it was used
                self.__dict__[part].close()
        self.engine.close()
