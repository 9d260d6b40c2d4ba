"""Runs a script over the events that came in: in batches, each person's in order, none lost.

An event is `pending` until a run of the script that had it ended well. What fails is halved until
one event is left, which is tried again later, and is a dead letter after the last attempt. What
fails because the CRM cannot be reached is no event's fault: it waits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.errors import (
    Busy,
    Cancelled,
    ConfigurationError,
    Denied,
    Error,
    InternalError,
    JournalProblem,
    OutcomeUnknown,
    Throttled,
    Unreachable,
    WrongAccount,
)
from sqlcrm.session.hooks import Endpoint, endpoints
from sqlcrm.session.resuming import due, resume
from sqlcrm.session.run import parsed
from sqlcrm.session.scripts import Script, run_script
from sqlcrm.session.state import Session
from sqlcrm.state.database import Database
from sqlcrm.state.events import Arrival, Events, StoredEvent
from sqlcrm.writing.report import Report

BATCH = 100
"""Events in a run at the most: so many changes need no confirmation."""

ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
POLL = 1.0
"""Seconds between looks for events to try again, and for those that `events retry` revived."""

GRACE = 3.0
"""Seconds that a statement under way may go on after a stop, before it is interrupted."""

FRESH = 3600.0
"""Seconds after which a session is opened anew: columns and accounts may have changed."""

_ELSEWHERE = (Busy, Throttled, WrongAccount, JournalProblem, ConfigurationError)
_MAYBE = (Unreachable, Denied, OutcomeUnknown)

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Work:
    """What to do with events: a script, the values of its parameters, how often to try."""

    text: str
    name: str = ""
    binds: Mapping[str, str] = field(default_factory=dict)
    attempts: int = ATTEMPTS


@dataclass(slots=True)
class Ran:
    """How the script ended for some events. error: None where it ended well."""

    reports: list[Report] = field(default_factory=list)
    error: Error | None = None
    run: int | None = None
    seconds: float = 0.0

    def line(self, count: int) -> str:
        """Return what a person wants to know of it, in one line."""
        told = "; ".join(
            f"{one.verb.upper()} {one.target}: "
            + (", ".join(f"{n:,} {state}" for state, n in sorted(one.counts.items())) or "no rows")
            for one in self.reports
        )
        run = f" (run {self.run})" if self.run is not None else ""
        return f"{_events(count)} run in {self.seconds:.1f} s: {told or 'nothing to write'}{run}"


class Listener:
    """Stores what comes in, from any thread, and runs what is stored, in one.

    open_: opens a session. tell: is told a line for each batch and each trouble.
    Raises: what is wrong with the script or the connections; no call was made then.
    """

    def __init__(self, open_: Callable[[], Session], work: Work, tell: Tell) -> None:
        self._open, self._work, self._tell = open_, work, tell
        self._session = open_()
        try:
            statements = parsed(self._session, work.text)
            self.endpoints: Mapping[str, Endpoint] = endpoints(self._session, statements)
        except BaseException:
            self._session.close()
            raise
        refs = [ref for one in statements for ref in one.lexed.refs]
        configured = self._session.connections.configs
        self._aliases = sorted({ref.alias for ref in refs if ref.alias in configured})
        self._kinds = sorted(kind for one in self.endpoints.values() for kind in one.kinds)
        self._database = Database(self._session.journal.path)
        self.events = Events(self._database)
        self._arrived, self._stop = threading.Event(), threading.Event()
        self._stopped_at = 0.0
        self._swapping = threading.Lock()
        self._opened_at = time.monotonic()
        self._waits = 0
        self._resumes = True
        self.codes: list[int] = []

    def store(self, arrivals: Sequence[Arrival]) -> int:
        """Write events down, durably; return how many are new. Called by the receiver."""
        new = self.events.store(arrivals)
        self._arrived.set()
        return new

    def work(self, *, once: bool = False) -> int:
        """Run what is stored, and what comes, until `stop`; return the exit code.

        once: end when nothing is due any more, or something cannot be reached.
        """
        self.events.hurry(self._kinds)
        while not self._stop.is_set():
            self._arrived.clear()
            try:
                moved = self._step()
            except Error as error:  # the journal itself
                moved = self._wait(error, once=once)
            if not moved and once:
                break
            if not moved:
                self._arrived.wait(POLL)
        return Cancelled.exit_code if self._stop.is_set() else Script(codes=self.codes).exit_code

    def stop(self) -> None:
        """End soon: what is under way may end, or is interrupted when this is called again."""
        if not self._stop.is_set():
            self._stopped_at = time.monotonic()
            self._stop.set()
            self._arrived.set()
        elif time.monotonic() - self._stopped_at > GRACE:
            with self._swapping:
                self._session.cancel()

    def waiting(self) -> dict[str, int]:
        """Return how many of the events that the script uses are in which state."""
        unreadable = [one.source.kind("") for one in self.endpoints.values()]
        return self.events.counts([*self._kinds, *unreadable])

    def close(self) -> None:
        """Let go of the session and the journal."""
        self._session.close()
        self._database.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from running the same events: they would overtake each other.

        Raises: Busy where one does already.
        """
        from sqlcrm.state.locks import holding

        folder = self._database.path.parent
        with ExitStack() as stack:
            for alias, endpoint in sorted(self.endpoints.items()):
                named = hashlib.sha256(endpoint.source.kind("").encode()).hexdigest()[:16]
                held = holding(folder, 0, f"events-{alias}-{named}", wait=0.0, stop=lambda: None)
                try:
                    stack.enter_context(held)
                except Busy:
                    raise Busy(
                        f"the events of @{alias} are being run by another sqlcrm listen: one "
                        "alone keeps their order"
                    ) from None
            yield

    def _step(self) -> bool:
        """Run one batch; return whether there was one."""
        if time.monotonic() - self._opened_at > FRESH:
            self._reopen()
        if self._resumes:
            self._finish_runs()
        batch = self.events.due(self._kinds, BATCH)
        if batch:
            self._round(batch)
        return bool(batch)

    def _finish_runs(self) -> None:
        """Resume runs of listeners that a crash ended, before anything newer is written."""
        for one in due(self._session):
            if one.kind == "listen":
                for resumed in resume(self._session, one.run):
                    self._tell("\n".join(resumed.lines()))
        self._resumes = False

    def _round(self, batch: list[StoredEvent]) -> None:
        """Run a batch, in halves where it fails, until each of its events is done or has failed.

        Raises: Error that is no event's fault.
        """
        left = [batch]
        while left and not self._stop.is_set():
            group = left.pop()
            ran = self._run(group)
            if ran.error is None:
                self.events.settle([one.position for one in group], ran.run)
                self._tell(ran.line(len(group)))
                self._waits = 0
                continue
            self._after_failure(ran.error)
            if len(group) > 1:
                half = len(group) // 2
                left += [group[half:], group[:half]]
            else:
                self._failed(group[0], ran.error, ran.run)

    def _run(self, group: Sequence[StoredEvent]) -> Ran:
        """Run the script with these events as the rows of its tables of events."""
        session, work, ran, began = self._session, self._work, Ran(), time.monotonic()
        with self._swapping:
            session.renew()
        session.event_positions = frozenset(one.position for one in group)

        def keep(_statement: Any, result: Any) -> None:
            ran.reports += result.all_reports

        try:
            script = run_script(
                session, work.text, name=work.name, binds=work.binds, on_result=keep
            )
            ran.run, codes = script.run, script.codes
            if script.errors:
                ran.error = script.errors[-1]
            elif OutcomeUnknown.exit_code in codes:
                ran.error = OutcomeUnknown(f"outcomes are unknown (run {script.run})")
        except Error as error:
            ran.error = error
        except Exception as error:  # noqa: BLE001 - one event must not end the listening for all
            ran.error = InternalError(f"a mistake in sqlcrm, please report it: {error!r}")
        ran.seconds = time.monotonic() - began
        return ran

    def _after_failure(self, error: Error) -> None:
        """Begin afresh after a failed run.

        Raises: the error where it is no event's fault; so what it stopped is not charged with it.
        """
        if isinstance(error, Cancelled):
            raise error
        self._reopen()
        self._resumes = True
        if isinstance(error, _ELSEWHERE):
            raise error
        if isinstance(error, _MAYBE):
            for alias in self._aliases:
                _ = self._session.connections.get(alias).identity  # a call: does it answer at all?
        self._finish_runs()

    def _failed(self, event: StoredEvent, error: Error, run: int | None) -> None:
        """Note that an event failed: it is tried again later, or is dead."""
        attempt = event.attempts + 1
        what = self._session.connections.redacted(str(error))
        name = f"event {event.position} ({event.type})"
        self.codes.append(error.exit_code)
        if attempt >= self._work.attempts:
            self.events.fail(event.position, what, None, run)
            self._tell(
                f"{name} failed {attempt} times and is a dead letter: {what}\n"
                f"  sqlcrm events retry {event.position} runs it again"
            )
            return
        wait = _wait(attempt)
        self.events.fail(event.position, what, dt.datetime.now(dt.UTC) + wait, run)
        seconds = wait.total_seconds()
        self._tell(f"{name} failed, and is tried again in {seconds:.0f} s: {what}")

    def _wait(self, error: Error, *, once: bool) -> bool:
        """Tell of a trouble that is no event's fault, and wait a while; return whether to go on."""
        if isinstance(error, Cancelled):
            return False
        self.codes.append(error.exit_code)
        self._waits += 1
        wait = _wait(self._waits).total_seconds()
        what = self._session.connections.redacted(str(error))
        again = "" if once else f"; trying again in {wait:.0f} s"
        self._tell(f"the events wait: {what}{again}")
        if once:
            return False
        with suppress(Error):
            self._reopen()
        return not self._stop.wait(wait)

    def _reopen(self) -> None:
        """Open a session anew: what went wrong may lie in what the last one remembers."""
        new = self._open()
        with self._swapping:
            old, self._session = self._session, new
        old.close()
        self._opened_at = time.monotonic()


def _wait(attempt: int) -> dt.timedelta:
    """Return how long to wait after so many attempts."""
    return dt.timedelta(seconds=min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 16)))


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"
