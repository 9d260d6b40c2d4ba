"""Takes webhooks' calls: verified, written down, and only then acknowledged.

Calls that arrive while others are being written wait for the next transaction, and share it: one
commit for each call would be too slow, and one for a hundred costs hardly more.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sqlcrm.errors import Error

if TYPE_CHECKING:
    from sqlcrm.session.hooks import Delivery, Endpoint

LARGEST = 1_000_000
"""Bytes of a call's body."""

AT_ONCE = 500
"""Calls that are under way at once; further ones are asked to come again."""

HELD = 64_000_000
"""Bytes of bodies that are held at once; further calls are asked to come again."""

PATIENCE = 10.0
"""Seconds that a body may take to come."""

TOGETHER = 500
"""Calls whose events are written in one transaction, at the most."""

_JSON = ("application/json", "text/json")


class Receiver:
    """The web application. `app` is what a server runs.

    store: writes the events of several calls down, durably, and returns how many are new; it is
    called from a thread, once at a time. tell: is told why calls were refused, once a second.
    counts: calls `accepted`, `refused` and `failed`, and those of the refused that came while the
    receiver was `busy`; events `stored`, `repeated`, `ignored`.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        store: Callable[[Sequence[Any]], int],
        tell: Callable[[str], None],
    ) -> None:
        self._endpoints, self._store, self._tell = endpoints, store, tell
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._held = self._under_way = 0
        self._refusals: Counter[str] = Counter()
        self._telling = False
        self.counts: Counter[str] = Counter()
        hook, methods = self._hook, ["POST"]
        self.app = Starlette(
            routes=[
                Route("/hooks/{alias}", hook, methods=methods),
                Route("/hooks/{alias}/", hook, methods=methods),
                Route("/hooks/{alias}/{token}", hook, methods=methods),
                Route("/hooks/{alias}/{token}/", hook, methods=methods),
                Route("/health", self._health, methods=["GET"]),
            ],
            lifespan=self._lifespan,
        )
        self.app.router.redirect_slashes = False  # a CRM follows no redirect, and has lost the call

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Write down what waits, until the last call was answered."""
        writing = asyncio.create_task(self._write())
        yield
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        self._tell_refusals()

    async def _health(self, _request: Request) -> Response:
        names = ("accepted", "refused", "busy", "failed", "stored", "repeated", "ignored")
        return JSONResponse({"status": "ok"} | {name: self.counts[name] for name in names})

    async def _hook(self, request: Request) -> Response:
        """Answer one call, unless too many are under way."""
        if self._under_way >= AT_ONCE or self._held > HELD:
            self.counts["busy"] += 1
            return self._refused(503, "calls that came while too many were under way")
        self._under_way += 1
        try:
            return await self._call(request)
        finally:
            self._under_way -= 1

    async def _call(self, request: Request) -> Response:
        endpoint = self._endpoints.get(request.path_params["alias"].casefold())
        if endpoint is None:
            return self._refused(404, "a call to no connection of the script")
        alias = endpoint.source.alias
        if not _is_json(request.headers.get("content-type", "")):
            return self._refused(415, f"a call to @{alias} that is no JSON")
        body = bytearray()
        try:
            refusal = await self._read(request, body, alias)
            if refusal is not None:
                return refusal
            return await self._take(request, endpoint, bytes(body))
        finally:
            self._held -= len(body)

    async def _read(self, request: Request, body: bytearray, alias: str) -> Response | None:
        """Read a call's body; return the answer where it is refused."""
        told = request.headers.get("content-length", "0")
        if not told.isdecimal() or int(told) > LARGEST:
            return self._refused(413, f"a call to @{alias} of over {LARGEST:,} bytes")
        try:
            async with asyncio.timeout(PATIENCE):
                async for chunk in request.stream():
                    if len(body) + len(chunk) > LARGEST:
                        return self._refused(413, f"a call to @{alias} of over {LARGEST:,} bytes")
                    body += chunk
                    self._held += len(chunk)
        except TimeoutError:
            return self._refused(408, f"a call to @{alias} that took too long to come")
        except ClientDisconnect:
            return self._refused(400, f"a call to @{alias} that was broken off")
        return None

    async def _take(self, request: Request, endpoint: Endpoint, body: bytes) -> Response:
        """Verify a call, and answer once its events are written down."""
        token = request.path_params.get("token", "")
        why = endpoint.refusal(request.headers.getlist, body, token, time.time())
        if why:
            return self._refused(401, f"a call to @{endpoint.source.alias}: {why}")
        delivery = endpoint.read(body)
        self.counts["ignored"] += delivery.ignored
        if delivery.arrivals:
            written = asyncio.get_running_loop().create_future()
            self._waiting.append((delivery, written))
            self._wake.set()
            try:
                await written
            except Error as error:
                self.counts["failed"] += 1
                self._tell(f"a call to @{endpoint.source.alias} could not be kept: {error}")
                return PlainTextResponse("try again", 503, {"Retry-After": "30"})
        self.counts["accepted"] += 1
        return PlainTextResponse("ok")

    async def _write(self) -> None:
        """Write what has come, again and again; what comes meanwhile goes together next."""
        while True:
            await self._wake.wait()
            group, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            if not self._waiting:
                self._wake.clear()
            arrivals = [one for delivery, _ in group for one in delivery.arrivals]
            try:
                new = await asyncio.to_thread(self._store, arrivals)
            except Exception as error:  # noqa: BLE001 - whoever waits is to be answered
                found = error if isinstance(error, Error) else Error(f"a mistake: {error!r}")
                _answer(group, found)
                continue
            self.counts["stored"] += new
            self.counts["repeated"] += len(arrivals) - new
            _answer(group, None)

    def _refused(self, status: int, what: str) -> Response:
        self.counts["refused"] += 1
        self._refusals[f"{status}, {what}"] += 1
        if not self._telling:  # once a second at the most: anybody can make such calls
            self._telling = True
            asyncio.get_running_loop().call_later(1, self._tell_refusals)
        headers = {"Connection": "close"} if status in {408, 413, 503} else {}
        return PlainTextResponse("refused", status, headers)

    def _tell_refusals(self) -> None:
        """Tell of the calls that were refused since this was last done."""
        self._telling = False
        for what, count in self._refusals.items():
            self._tell(f"refused {count:,}: {what}")
        self._refusals.clear()


def _is_json(kind: str) -> bool:
    """Whether a content type is JSON's; one that is not told may be."""
    name = kind.partition(";")[0].strip().casefold()
    return not name or name in _JSON or name.endswith("+json")


def _answer(group: Sequence[tuple[Delivery, asyncio.Future[None]]], error: Error | None) -> None:
    for _, written in group:
        if written.done():  # its caller went away
            continue
        if error is None:
            written.set_result(None)
        else:
            written.set_exception(error)
