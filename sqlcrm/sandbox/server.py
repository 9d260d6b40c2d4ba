"""Serving sandboxes on loopback: one port and one thread for each CRM."""

from __future__ import annotations

import socket
import threading
from asyncio import Transport
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import entry_points
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sqlcrm.errors import ConfigurationError
from sqlcrm.sandbox.app import CUT, App
from sqlcrm.sandbox.calls import Line
from sqlcrm.sandbox.model import Options, Running, Sandbox

HOST = "127.0.0.1"  # never any other: a sandbox has a known key
GROUP = "sqlcrm.sandboxes"


def available() -> dict[str, Sandbox]:
    """The sandboxes that are installed, by name: every entry point of group `sqlcrm.sandboxes`."""
    found = (cast("Sandbox", point.load()) for point in entry_points(group=GROUP))
    return {sandbox.name: sandbox for sandbox in sorted(found, key=lambda sandbox: sandbox.name)}


@contextmanager
def serve(
    sandboxes: Sequence[Sandbox], options: Options, port: int = 0, log: Line | None = None
) -> Iterator[list[Running]]:
    """Serve each CRM on its own port of 127.0.0.1 while the `with` block runs.

    `port`: of the first CRM, the others follow it; 0 takes free ports.
    `log`: is given one line a call, such as `12:00:01 POST /api/3/contactTags 201 3 ms`. It is
    called from the thread that serves.
    Raises: ConfigurationError when a port is taken or `options.faults` names no fault.
    """
    with ExitStack() as stack:
        sockets = [_listen(port + i if port else 0, stack) for i in range(len(sandboxes))]
        try:
            apps = [
                App(sandbox, options, log, _url(listener))
                for sandbox, listener in zip(sandboxes, sockets, strict=True)
            ]
        except ValueError as problem:
            raise ConfigurationError(str(problem)) from problem
        for app, listener in zip(apps, sockets, strict=True):
            stack.enter_context(_thread(app, listener))
        yield [
            _running(sandbox, listener)
            for sandbox, listener in zip(sandboxes, sockets, strict=True)
        ]


def _listen(port: int, stack: ExitStack) -> socket.socket:
    # The protocol has to be named: asyncio switches Nagle's 40 ms wait off for TCP by name only.
    kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener = stack.enter_context(socket.socket(*kind))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as problem:
        message = (
            f"Port {port} of {HOST} cannot be used ({problem}). "
            "Stop the program that uses it, or choose another port."
        )
        raise ConfigurationError(message) from problem
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


def _running(sandbox: Sandbox, listener: socket.socket) -> Running:
    url = _url(listener)
    settings = {
        key: value.replace("{url}", url) if isinstance(value, str) else value
        for key, value in sandbox.connection.items()
    }
    return Running(sandbox.name, sandbox.alias, url, settings)


class _Connection(H11Protocol):
    """Lets the application close its connection, as a failing network would."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        app: ASGIApp = self.app

        async def cuttable(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {CUT: transport.abort}
            await app(scope, receive, send)

        self.app = cuttable


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


@contextmanager
def _thread(app: App, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    thread = threading.Thread(
        target=server.run, args=([listener],), name=f"sandbox-{app.name}", daemon=True
    )
    thread.start()
    server.ready.wait()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
