"""A connection's only door to the network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import NamedTuple, TypeVar, cast

from sqlcrm.errors import (
    Cancelled,
    DeclarationError,
    Denied,
    GuardRefused,
    OperationalError,
    Rejected,
    Throttled,
)
from sqlcrm.sdk import Connector, Flow, Request, Response, Verdict
from sqlcrm.transport.address import Addresses, Target
from sqlcrm.transport.answers import Answer, Call
from sqlcrm.transport.bodies import encoded
from sqlcrm.transport.clock import REAL, Clock
from sqlcrm.transport.credentials import complete, credentials, secret_names, secrets
from sqlcrm.transport.exchange import Exchange, Wire, described
from sqlcrm.transport.judging import Judge, Judged
from sqlcrm.transport.life import Life
from sqlcrm.transport.limiter import Limiter
from sqlcrm.transport.redaction import Redactor, guard_logs, release_logs
from sqlcrm.transport.retries import Budget, Course, Failure, given_up, retry_after
from sqlcrm.transport.sockets import Door

T = TypeVar("T")

PATIENCE = 60.0  # seconds, for all attempts of a request that bring no usable answer
READS = {"GET", "HEAD"}


def _ignore(call: Call) -> None:
    """Record nothing."""


class _Sent(NamedTuple):
    """One attempt, as it is about to go out."""

    request: Request
    target: Target
    attempt: int
    waited: float
    at: float


class Client:
    """Sends the requests of one connection; any number of threads may use it at once.

    settings: plain values, as the connector declares them. limiter: the account's.
    record: is given every attempt, from the thread that made it. cancel: once set, whatever
    waits or reads ends within a second; without one, `close` does the same.
    max_requests: attempts after which GuardRefused is raised instead of sending.
    timeout: seconds of silence after which an answer is given up; a request is given up after
    60 s, or twice that timeout, retries included.
    """

    def __init__(
        self,
        *,
        connection: str,
        connector: Connector,
        settings: Mapping[str, str],
        limiter: Limiter,
        clock: Clock = REAL,
        record: Callable[[Call], None] = _ignore,
        cancel: threading.Event | None = None,
        max_requests: int | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
    ) -> None:
        full = complete(connector, connection, settings)
        self._headers = credentials(connector, connection, full)
        self._redact = Redactor(secrets(connector, full, self._headers))
        self._addresses = Addresses(connector, connection, full, self._redact)
        self._judge = Judge(connector, self._addresses, self._redact, clock)
        self._check = ", ".join(secret_names(connector)) or "the settings"
        self._connection = connection
        self._limiter = limiter
        self._clock = clock
        self._record = record
        self._life = Life(connection, cancel, self._shut)
        self._max_requests = max_requests
        self._timeout = timeout
        self._budget = Budget()
        self._lock = threading.Lock()
        self._calls = 0
        self._door = Door(self._life.stopped, encrypted=self._addresses.encrypted)
        self._wire = Wire(
            self._door, clock, self._redact, timeout=timeout, connecting=connect_timeout
        )
        guard_logs(self._redact)

    @property
    def origin(self) -> str:
        """The scheme, host and port that alone get the credentials."""
        return self._addresses.origin

    @property
    def calls(self) -> int:
        """Attempts made so far."""
        return self._calls

    def __repr__(self) -> str:
        return f"Client({self._connection!r}, {self.origin!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; reads that are under way end within a second as Cancelled."""
        self._life.close()

    def drive(self, flow: Flow[T]) -> T:
        """Run a flow: send each request that it yields, hand it the answer, return its result.

        A flow sees what became of a row that is missing, and of a write that was rejected.
        Raises: what `send` raises, and Rejected for a read that was refused.
        """
        try:
            request = next(flow)
            while True:
                request = flow.send(self._step(request))
        except StopIteration as end:
            return cast("T", end.value)
        finally:
            flow.close()

    def _step(self, request: Request) -> Response:
        if not isinstance(request, Request):
            raise DeclarationError(
                f"a flow of connection {self._connection!r} yielded {type(request).__name__}, "
                "not a Request"
            )
        if request.after > 0:
            self._clock.wait(request.after, self._life.cancel)
        answer = self.send(request)
        if answer.verdict is Verdict.REJECTED and request.method in READS:
            name = described(answer.response.status, answer.response.headers, self._redact)
            what = self._what(request, self._addresses.resolve(request))
            raise Rejected(f"{what} was rejected ({name}): {answer.reason}")
        return answer.response

    def send(self, request: Request) -> Answer:
        """Send a request, wait and try again as far as that is safe, and return the answer.

        Raises: Denied, Throttled, Unreachable (no usable answer; safe to send again),
        OutcomeUnknown (a write that may or may not have happened), GuardRefused, Cancelled;
        their `sent` says whether an attempt may have had its effect;
        Rejected and DeclarationError for a request that cannot be written.
        """
        with self._life.using():
            target = self._addresses.resolve(request)
            what = self._what(request, target)
            content = None if request.body is None else encoded(request.body, what)
            course = Course(
                may_repeat=request.may_repeat,
                budget=self._budget,
                patience=max(PATIENCE, 2 * self._timeout),
            )
            try:
                while True:
                    exchange, judged = self._attempt(request, target, content, course)
                    answer = self._settle(exchange, judged, course, what)
                    if answer is not None:
                        return answer
            except OperationalError as error:
                # What ended it says nothing of an earlier attempt, which may have arrived.
                error.sent = error.sent or course.sent
                raise

    def _attempt(
        self, request: Request, target: Target, content: bytes | None, course: Course
    ) -> tuple[Exchange, Judged]:
        """Wait for a turn, send once, and record it."""
        self._guard()
        waited = course.waited + self._limiter.acquire(target.path, self._life.cancel)
        course.waited = 0.0
        self._count()
        course.attempts += 1
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "sqlcrm"}
        if target.own:
            headers |= self._headers
        if content is not None:
            headers["Content-Type"] = "application/json"
        sent = _Sent(request, target, course.attempts, waited, self._clock.time())
        try:
            exchange = self._wire.send(request.method, target.url, headers, content, course.left)
        except Cancelled:
            course.sent = True
            self._note(sent, 0, 0.0, 0, "cancelled while it was under way")
            raise Cancelled(
                f"{self._what(request, target)} was cancelled while it was under way; "
                "if it is a write, it may have happened"
            ) from None
        judged = self._judge(request, target, exchange.got)
        self._note(sent, exchange.got.status, exchange.seconds, exchange.bytes, judged.error)
        return exchange, judged

    def _note(self, sent: _Sent, status: int, seconds: float, size: int, error: str) -> None:
        """Record one attempt."""
        self._record(
            Call(
                connection=self._connection,
                method=sent.request.method,
                path=self._redact(sent.target.shown),
                query=self._redact(sent.target.query),
                status=status,
                attempt=sent.attempt,
                waited_ms=round(sent.waited * 1000),
                ms=round(seconds * 1000),
                bytes=size,
                error=error,
                at=sent.at,
            )
        )

    def _settle(
        self, exchange: Exchange, judged: Judged, course: Course, what: str
    ) -> Answer | None:
        """Return the answer, None to try again after the waits that were arranged, or raise."""
        if judged.failure is not None:
            self._retry(judged.failure, exchange.seconds, course, what)
            return None
        response = cast("Response", exchange.got)
        self._limiter.observe(response.headers)
        if judged.verdict is Verdict.THROTTLED:
            self._throttle(response, judged, course, what)
            return None
        if judged.verdict is Verdict.DENIED:
            advice = judged.advice or self._advice()
            raise Denied(f"{what} was denied: {judged.error.rstrip('.')}; {advice}")
        self._budget.refund()
        return Answer(response, judged.verdict, judged.reason)

    def _retry(self, failure: Failure, took: float, course: Course, what: str) -> None:
        """Wait for the next attempt, or say how this one ended."""
        wait = course.retry_in(failure, took)
        if wait is None or self._exhausted():
            raise given_up(failure, course, what)
        if failure.after is None:
            self._clock.wait(wait, self._life.cancel)
            course.waited = wait
        else:
            self._limiter.pause(wait)

    def _throttle(self, response: Response, judged: Judged, course: Course, what: str) -> None:
        """Make the whole account wait: a throttled request was not carried out."""
        asked = retry_after(response.headers, self._clock.time())
        wait, willing = course.throttled_for(asked)
        if not willing:
            raise Throttled(
                f"{what} was throttled: {judged.error}; the API asks to wait {wait:.0f} s more, "
                "and we wait 300 s in all; try again later"
            )
        self._limiter.pause(wait)

    def _advice(self) -> str:
        return f"check {self._check} of connection {self._connection!r} and what it may do"

    def _what(self, request: Request, target: Target) -> str:
        path = self._redact.shown(target.shown)
        return f"{request.method} {path} of connection {self._connection!r}"

    def _guard(self) -> None:
        """Refuse to go on when cancelled, closed or at the end of `max_requests`."""
        if self._life.stopped():
            raise Cancelled(f"connection {self._connection!r}: cancelled")
        if self._exhausted():
            raise GuardRefused(
                f"connection {self._connection!r}: max_requests = {self._max_requests} is used "
                "up, and the next request was not sent; raise it, or narrow the statement"
            )

    def _count(self) -> None:
        with self._lock:
            self._guard()
            self._calls += 1

    def _exhausted(self) -> bool:
        return self._max_requests is not None and self._calls >= self._max_requests

    def _shut(self) -> None:
        self._door.close()
        release_logs(self._redact)
