"""A connection's only door to the network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from sqlcrm.errors import DeclarationError, OperationalError, Rejected
from sqlcrm.sdk import Connector, Flow, OAuth2, Request, Response, Verdict
from sqlcrm.transport.address import Addresses
from sqlcrm.transport.answers import Answer, Call
from sqlcrm.transport.clock import REAL, Clock
from sqlcrm.transport.credentials import complete, credentials, secret_names, secrets
from sqlcrm.transport.errand import Errand, Tools, driven
from sqlcrm.transport.exchange import Wire, described
from sqlcrm.transport.judging import Judge
from sqlcrm.transport.life import Life, Quota
from sqlcrm.transport.limiter import Limiter
from sqlcrm.transport.redaction import Redactor, guard_logs, release_logs
from sqlcrm.transport.retries import Budget
from sqlcrm.transport.sockets import Door

T = TypeVar("T")

PATIENCE = 60.0  # seconds, for all attempts of a request that bring no usable answer
READS = {"GET", "HEAD"}


def _ignore(call: Call) -> None:
    """Record nothing."""


class Client:
    """Sends the requests of one connection; any number of threads may use it at once.

    settings: plain values, as the connector declares them. limiter: the account's.
    record: is given every attempt, from the thread that made it. cancel: once set, whatever
    waits or reads ends within a second; without one, `close` does the same.
    max_requests: attempts after which GuardRefused is raised instead of sending.
    timeout: seconds of silence after which an answer is given up. patience: seconds that the
    attempts of one request that bring no usable answer may take together; None is 60, or twice
    the timeout. folder: where renewed tokens are kept, for connectors with tokens that run out.
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
        patience: float | None = None,
        folder: Path | None = None,
    ) -> None:
        full = complete(connector, connection, settings)
        headers = credentials(connector, connection, full)
        self._connection = connection
        self._redact = redact = Redactor(secrets(connector, full, headers))
        addresses = Addresses(connector, connection, full, redact)
        self._life = life = Life(connection, cancel, self._shut, clock)
        self._door = Door(life.stopped, encrypted=addresses.encrypted)
        self._tools = Tools(
            connection=connection,
            headers=headers,
            check=", ".join(secret_names(connector)) or "the settings",
            addresses=addresses,
            judge=Judge(connector, addresses, redact, clock),
            redact=redact,
            limiter=limiter,
            clock=clock,
            wire=Wire(self._door, clock, redact, timeout=timeout, connecting=connect_timeout),
            life=life,
            quota=Quota(connection, max_requests, life),
            budget=Budget(),
            record=record,
            patience=max(PATIENCE, 2 * timeout) if patience is None else patience,
        )
        self._tokens = None
        if isinstance(connector.auth, OAuth2):
            from sqlcrm.transport.tokens import Tokens

            self._tokens = Tokens(connector, full, self._tools, folder)
        guard_logs(redact)

    @property
    def origin(self) -> str:
        """The scheme, host and port that alone get the credentials."""
        return self._tools.addresses.origin

    @property
    def calls(self) -> int:
        """Attempts made so far."""
        return self._tools.quota.calls

    @property
    def left(self) -> int | None:
        """Attempts that `max_requests` still allows, None without one."""
        return self._tools.quota.left

    def allow(self, calls: int | None) -> None:
        """Change how many attempts may be made in all, those made so far included."""
        self._tools.quota.allow(calls)

    @property
    def latency(self) -> float:
        """Seconds that an answer takes, smoothed over the last ones; 0.0 before the first."""
        return self._tools.wire.latency

    @property
    def ahead(self) -> float | None:
        """Seconds by which the server's clock is ahead of ours, None where it told no time."""
        return self._tools.wire.ahead

    def rate(self, path: str) -> float | None:
        """Return how many calls a second the limits allow for `path`, None without a limit."""
        return self._tools.limiter.rate(path)

    def deadline(self, seconds: float | None) -> None:
        """Let everything that this client does end so many seconds from now; None for no end.

        Whatever sends, waits or reads ends within a second of it: as OutcomeUnknown where a
        write was under way that may not be repeated, as Unreachable else. A wait that would take
        longer than that ends at once.
        """
        self._life.deadline(seconds)

    def redacted(self, text: str) -> str:
        """Return a text with this connection's secrets taken out of it."""
        return self._redact(text)

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
        Raises: what `send` raises, and Rejected for a read that was refused; `sent` where the
        flow has written before.
        """
        wrote = False

        def step(request: Request) -> Response:
            nonlocal wrote
            response = self._step(request)
            wrote = wrote or request.method not in READS
            return response

        try:
            return driven(flow, step)
        except OperationalError as error:
            error.sent = error.sent or wrote
            raise

    def _step(self, request: Request) -> Response:
        if not isinstance(request, Request):
            raise DeclarationError(
                f"a flow of connection {self._connection!r} yielded {type(request).__name__}, "
                "not a Request"
            )
        answer = self.send(request)
        if answer.verdict is Verdict.REJECTED and request.method in READS:
            name = described(answer.response.status, answer.response.headers, self._redact)
            what = self._tools.what(request)
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
            return Errand(self._tools, request, self._tokens).run()

    def _shut(self) -> None:
        self._door.close()
        release_logs(self._redact)
