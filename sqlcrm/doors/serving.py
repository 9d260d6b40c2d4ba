"""Serves a web application in a thread of its own, until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sqlcrm.errors import ConfigurationError

AT_ONCE = 700
"""Connections that are open at once: below 1,024, the usual limit of open files.

One more, and the one that has been idle for longest is closed.
"""

PATIENCE = 10.0
"""Seconds that a connection may take to say what it wants."""

ENDING = 3
"""Seconds that calls under way may take when it stops."""


class _Protocol(H11Protocol):
    """Closes connections on which no call comes; uvicorn would let them be for ever.

    From the head of a call until it is answered, how long that takes is the application's business.
    """

    since = 0.0
    _timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether no call is under way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a call, and make room where too many do so."""
        idle = [one for one in self.connections if isinstance(one, _Protocol) and one.idle]
        super().connection_made(transport)
        if idle and len(self.connections) > AT_ONCE:
            min(idle, key=lambda one: one.since).give_up()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Stop waiting once a call has begun; part of its head is not enough."""
        super().data_received(data)
        if not self.idle:
            self._stop()
        elif self._timer is None:
            self._wait()

    def on_response_complete(self) -> None:
        """Wait for the next call."""
        self.since = self.loop.time()
        super().on_response_complete()

    def give_up(self) -> None:
        """Close the connection unless a call is under way."""
        if self.idle:
            self.connections.discard(self)
            self.transport.abort()

    def _wait(self) -> None:
        self._stop()
        self.since = self.loop.time()
        self._timer = self.loop.call_later(PATIENCE, self.give_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Server(uvicorn.Server):
    """Says when it accepts calls."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Run as uvicorn does; whoever waits for the start does not wait for a failed one."""
        try:
            super().run(sockets)
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then say so."""
        await super().startup(sockets)
        self.ready.set()


@dataclass(frozen=True, slots=True)
class Serving:
    """A server under way."""

    url: str
    server: _Server

    def stop(self) -> None:
        """Accept no more calls; those under way are answered. May be called from any thread."""
        self.server.should_exit = True


@contextmanager
def serving(app: ASGIApp, host: str, port: int) -> Iterator[Serving]:
    """Serve while the block runs. port: 0 takes any that is free.

    Raises: ConfigurationError where the port cannot be used.
    """
    with _listening(host, port) as listener:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="on",
            interface="asgi3",
            log_config=None,
            log_level="error",  # anybody can send what it warns of
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=ENDING,
        )
        server = _Server(config)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="receiver", daemon=True
        )
        thread.start()
        server.ready.wait()
        place = listener.getsockname()
        shown = f"[{place[0]}]" if ":" in place[0] else place[0]
        try:
            yield Serving(f"http://{shown}:{place[1]}", server)
        finally:
            server.should_exit = True
            thread.join()


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # The protocol is named: asyncio switches Nagle's 40 ms wait off for TCP by name only.
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(1024)
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError) as problem:
        raise ConfigurationError(
            f"port {port} of {host} cannot be used ({problem}): stop the program that uses it, or "
            "choose another --port"
        ) from problem
    return listener
