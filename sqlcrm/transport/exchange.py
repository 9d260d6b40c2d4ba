"""One request over the wire: a whole, decoded answer, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from sqlcrm.sdk import Response
from sqlcrm.transport.bodies import BadBody, Inflater, collect, decoded, opening
from sqlcrm.transport.clock import Clock
from sqlcrm.transport.redaction import Redactor
from sqlcrm.transport.retries import Failure, retry_after, unix_date
from sqlcrm.transport.sockets import SLOWEST, Door

if TYPE_CHECKING:
    from sqlcrm.transport.csv import Collector

SMOOTHING = 0.2  # the weight of the newest answer in `latency`
LOGIN = re.compile(r"<input[^>]*\btype=.?password|<title>[^<]*\b(log|sign) ?in\b", re.IGNORECASE)
REQUEST_IDS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one attempt brought: `bytes` on the wire, in `seconds`."""

    got: Response | Failure
    bytes: int
    seconds: float


class Wire:
    """Sends one prepared request at a time per thread, exactly once each.

    latency: seconds that an answer takes, smoothed; 0.0 before the first. ahead: seconds by which
    the server's clock is ahead of ours, at the least that any answer's Date told; None before.
    """

    def __init__(
        self, door: Door, clock: Clock, redact: Redactor, *, timeout: float, connecting: float
    ) -> None:
        self._door = door
        self._clock = clock
        self._redact = redact
        self._timeout = timeout
        self._connecting = connecting
        self.latency = 0.0
        self.ahead: float | None = None

    def send(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes | None,
        patience: float,
        sending: Callable[[], None] = lambda: None,
        *,
        csv: bool = False,
    ) -> Exchange:
        """Send once and read the answer to its end. `patience` shortens the timeouts.

        sending: is called when the request has gone out, over a new connection or an old one.
        csv: a success is CSV and not JSON.
        """

        def trace(event: str, _: object) -> None:
            if event == "http11.receive_response_headers.started":
                sending()

        silence = min(self._timeout, patience)
        limits = {"read": silence, "write": silence, "pool": None}
        limits["connect"] = min(self._connecting, patience)
        request = httpx.Request(
            method,
            url,
            headers=headers,
            content=content,
            extensions={"timeout": limits, "trace": trace},
        )
        began = self._clock.monotonic()
        got, size = self._exchange(request, silence, csv=csv)
        seconds = self._clock.monotonic() - began
        if isinstance(got, Response):
            self.latency += (seconds - self.latency) * (SMOOTHING if self.latency else 1.0)
        return Exchange(got, size, seconds)

    def _exchange(
        self, request: httpx.Request, silence: float, *, csv: bool
    ) -> tuple[Response | Failure, int]:
        try:
            answer = self._door.handle_request(request)
        except httpx.HTTPError as problem:
            return self._broken(problem, silence, request.url), 0
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if (date := unix_date(headers.get("date", ""))) is not None:
            ahead = date - self._clock.time()
            self.ahead = ahead if self.ahead is None else min(self.ahead, ahead)
        size = 0
        try:
            collector = _collector(headers) if csv and answer.is_success else None
            inflater = Inflater(headers, None if collector is None else collector.feed)
            try:
                body = collect(answer.iter_raw(), inflater)
            finally:
                size = inflater.raw
            if collector is not None:
                rows = collector.done()
                return Response(answer.status_code, rows, headers, "", collector.size), size
            return self._response(answer.status_code, headers, body), size
        except BadBody as problem:
            name = described(answer.status_code, headers, self._redact)
            return Failure(
                f"it answered {name}, but {problem}",
                status=answer.status_code,
                again=problem.again,
                after=retry_after(headers, self._clock.time()),
            ), size
        except httpx.HTTPError as problem:
            failure = self._broken(problem, silence, request.url)
            return Failure(failure.words, status=answer.status_code), size
        finally:
            answer.close()

    def _response(self, status: int, headers: dict[str, str], body: bytearray) -> Response:
        """Decode the body; what is not JSON is no answer where a success should be one."""
        size = len(body)
        try:
            return Response(status, decoded(body), headers, "", size)
        except BadBody as problem:
            start = opening(body)
            text = self._redact.shown(start)
            if 200 <= status < 300 and not LOGIN.search(start):
                raise BadBody(f"{problem}: {text[:60]}") from None
            return Response(status, None, headers, text, size)

    def _broken(self, problem: httpx.HTTPError, silence: float, url: httpx.URL) -> Failure:
        """Put the library's error in our words: its own may hold whole addresses."""
        where = f"{url.scheme}://{url.netloc.decode()}"
        if isinstance(problem, httpx.ConnectTimeout):
            return Failure(f"{where} could not be reached in time", sent=False)
        if isinstance(problem, httpx.ConnectError):
            words = self._redact.shown(str(problem), 200)
            return Failure(f"{where} could not be reached: {words}", sent=False)
        if isinstance(problem, httpx.LocalProtocolError):
            return Failure("the request cannot be written as HTTP", again=False)
        if isinstance(problem, httpx.TimeoutException):
            return Failure(
                f"no answer in time (after {silence:g} s of silence, or {SLOWEST:.0f} s in all)"
            )
        if isinstance(problem, httpx.RemoteProtocolError):
            return Failure("the answer was cut off, or was no proper HTTP")
        return Failure("the connection broke before the answer was whole")


def _collector(headers: Mapping[str, str]) -> Collector:
    """Return what takes CSV in.

    Raises: BadBody where the answer says that it is a page or JSON: any text may be read as CSV.
    """
    from sqlcrm.transport.csv import Collector

    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith(("html", "xml", "json")):
        raise BadBody(f"it is {kind}, and not CSV")
    return Collector()


def described(status: int, headers: Mapping[str, str], redact: Redactor) -> str:
    """Return a status with its name, and the API's id of the request where it gave one."""
    name = str(status)
    if status in HTTPStatus._value2member_map_:
        name += f" {HTTPStatus(status).phrase}"
    for header in REQUEST_IDS:
        if headers.get(header):
            return f"{name} (request {redact.shown(headers[header], 80)})"
    return name
