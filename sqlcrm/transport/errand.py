"""One request's way to its answer: turns, attempts, waits, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar, cast

from sqlcrm.errors import (
    Cancelled,
    Denied,
    OperationalError,
    OutcomeUnknown,
    Throttled,
    Unreachable,
)
from sqlcrm.sdk import Flow, Request, Response, Verdict
from sqlcrm.transport.address import Addresses
from sqlcrm.transport.answers import Answer, Call
from sqlcrm.transport.bodies import encoded
from sqlcrm.transport.clock import Clock
from sqlcrm.transport.exchange import Exchange, Wire
from sqlcrm.transport.judging import Judge, Judged
from sqlcrm.transport.life import Life, Quota
from sqlcrm.transport.limiter import Limiter
from sqlcrm.transport.redaction import Redactor
from sqlcrm.transport.retries import (
    Budget,
    Course,
    Failure,
    given_up,
    retry_after,
    window_ends,
)

T = TypeVar("T")


class Renewable(Protocol):
    """Credentials that run out."""

    @property
    def access(self) -> str:
        """The access token."""

    def ensure(self) -> None:
        """Have a token that is good for a while."""

    def renew(self, old: str) -> None:
        """Have another token than `old`."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What all requests of one client share.

    headers: for the own origin. check: the settings to look at when the API refuses them.
    patience: seconds that one request's attempts without an answer may take together.
    """

    connection: str
    headers: Mapping[str, str] = field(repr=False)
    check: str
    addresses: Addresses
    judge: Judge
    redact: Redactor
    limiter: Limiter
    clock: Clock
    wire: Wire
    life: Life
    quota: Quota
    budget: Budget
    record: Callable[[Call], None]
    patience: float

    def what(self, request: Request) -> str:
        """Return a request's name for messages."""
        path = self.redact.shown(self.addresses.resolve(request).shown)
        return f"{request.method} {path} of connection {self.connection!r}"


class _Sent(NamedTuple):
    """One attempt, as it is about to go out."""

    attempt: int
    waited: float
    at: float


class Errand:
    """Sends one request until there is an answer, or none can be had.

    tokens: where the credentials are tokens that run out; None for those that do not, and for
    the requests that fetch tokens.
    """

    def __init__(self, tools: Tools, request: Request, tokens: Renewable | None = None) -> None:
        self._tools = tools
        self._request = request
        self._tokens = tokens
        self._token = ""
        self._renewed = False
        self._target = tools.addresses.resolve(request)
        self._what = tools.what(request)
        self._content, self._type = encoded(request.body, self._what, tools.addresses.written)
        self._course = Course(
            may_repeat=request.may_repeat, budget=tools.budget, patience=tools.patience
        )

    def run(self) -> Answer:
        """Return the answer; raises what `Client.send` says."""
        course = self._course
        try:
            if self._request.after > 0:
                self._tools.life.wait(self._request.after)
            while True:
                exchange, judged = self._attempt()
                answer = self._settle(exchange, judged)
                if answer is not None:
                    return answer
        except OperationalError as error:
            # What ended it says nothing of an earlier attempt, which may have arrived.
            if isinstance(error, Cancelled) and self._tools.life.out_of_time:
                raise self._late() from None
            error.sent = error.sent or course.sent
            raise

    def _attempt(self) -> tuple[Exchange, Judged]:
        """Wait for a turn, send once, and record it."""
        tools, course, target = self._tools, self._course, self._target
        tools.quota.check()
        if self._tokens is not None and target.own:
            self._tokens.ensure()
        group = (id(tools), self._request.method, self._request.path)
        turn = tools.limiter.acquire(target.path, tools.life.cancel, group, tools.life.until)
        waited = course.waited + turn.waited
        course.waited = 0.0
        tools.quota.take()
        course.attempts += 1
        sent = _Sent(course.attempts, waited, tools.clock.time())
        try:
            exchange = tools.wire.send(
                self._request.method,
                target.url,
                self._headers(),
                self._content,
                course.left,
                lambda: tools.limiter.went(turn),
                csv=self._request.csv,
            )
        except Cancelled:
            course.sent = True
            self._note(sent, 0, 0.0, 0, "cancelled while it was under way")
            raise Cancelled(
                f"{self._what} was cancelled while it was under way; "
                "if it is a write, it may have happened"
            ) from None
        judged = tools.judge(self._request, target, exchange.got)
        self._note(sent, exchange.got.status, exchange.seconds, exchange.bytes, judged.error)
        return exchange, judged

    def _headers(self) -> dict[str, str]:
        accept = "text/csv, */*" if self._request.csv else "application/json"
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": "sqlcrm"}
        if self._target.own:
            headers |= self._tools.headers
            if self._tokens is not None:
                self._token = self._tokens.access
                headers["Authorization"] = f"Bearer {self._token}"
        if self._content is not None:
            headers["Content-Type"] = self._type
        return headers

    def _note(self, sent: _Sent, status: int, seconds: float, size: int, error: str) -> None:
        """Record one attempt."""
        tools = self._tools
        tools.record(
            Call(
                connection=tools.connection,
                method=self._request.method,
                path=tools.redact(self._target.shown),
                # What signs an address elsewhere is as good as a key.
                query=tools.redact(self._target.query) if self._target.own else "",
                status=status,
                attempt=sent.attempt,
                waited_ms=round(sent.waited * 1000),
                ms=round(seconds * 1000),
                bytes=size,
                error=error,
                at=sent.at,
            )
        )

    def _settle(self, exchange: Exchange, judged: Judged) -> Answer | None:
        """Return the answer, None to try again after the waits that were arranged, or raise."""
        if judged.failure is not None:
            self._retry(judged.failure, exchange.seconds)
            return None
        response = exchange.got
        if isinstance(response, Response):
            self._tools.limiter.observe(response.headers)
            if judged.verdict is Verdict.THROTTLED:
                self._throttle(response, judged)
                return None
        if judged.verdict is Verdict.DENIED:
            if self._renew(response.status):
                return None
            advice = judged.advice or self._advice(response.status)
            raise Denied(f"{self._what} was denied: {judged.error.rstrip('.')}; {advice}")
        assert isinstance(response, Response)  # noqa: S101 - a Failure is denied or tried again
        self._tools.budget.refund()
        return Answer(response, judged.verdict, judged.reason)

    def _retry(self, failure: Failure, took: float) -> None:
        """Wait for the next attempt, or say how this one ended."""
        wait = self._course.retry_in(failure, took)
        if wait is None or self._tools.quota.left == 0:
            raise given_up(failure, self._course, self._what)
        if failure.after is None:
            self._tools.life.wait(wait)
            self._course.waited = wait
        else:
            self._tools.limiter.pause(wait)

    def _throttle(self, response: Response, judged: Judged) -> None:
        """Make the whole account wait: a throttled request was not carried out."""
        now = self._tools.clock.time()
        asked = retry_after(response.headers, now)
        if asked is None:
            asked = window_ends(response.headers, now)
        wait, willing = self._course.throttled_for(asked)
        if not willing:
            raise Throttled(
                f"{self._what} was throttled: {judged.error}; the API asks to wait {wait:.0f} s "
                "more, and we wait 300 s in all; try again later"
            )
        self._tools.limiter.slow(self._target.path)
        self._tools.limiter.pause(wait)

    def _renew(self, status: int) -> bool:
        """Fetch a new token once, where the one that was sent is refused: nothing was done yet."""
        if self._tokens is None or not self._target.own or status != 401 or self._renewed:
            return False
        self._renewed = True
        self._tokens.renew(self._token)
        return True

    def _advice(self, status: int) -> str:
        check = f"check {self._tools.check} of connection {self._tools.connection!r}"
        if status == 401:
            return f"{check}: the API does not accept it"
        if status == 403:
            return f"{check}: the API knows it, but it may not do this"
        return f"{check} and what it may do"

    def _late(self) -> OperationalError:
        """Return the error for a request that the deadline ended."""
        words = (
            f"{self._what} was given up: the time that the statement may take is over; allow more "
            "(SET statement_timeout), or ask for less"
        )
        if self._course.sent and not self._request.may_repeat:
            return OutcomeUnknown(
                f"{words}. It may or may not have happened: look before resending"
            )
        return Unreachable(words, sent=self._course.sent)


def driven(flow: Flow[T], step: Callable[[Request], Response]) -> T:
    """Run a flow: let `step` answer each request that it yields; return its result."""
    try:
        request = next(flow)
        while True:
            request = flow.send(step(request))
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        flow.close()
