"""The sockets under the HTTP library: every wait on them ends soon after a cancel.

Closing an HTTP client does not wake a thread that waits for an answer, and closing its socket
from another thread may hit a stranger's file descriptor. So nobody waits longer than a slice
without looking whether he should still wait, and each socket is closed by the thread that uses it.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpcore
import httpx

from sqlcrm.errors import Cancelled

SLICE = 0.2  # seconds until a cancel is noticed
SLOWEST = 300.0  # seconds for a whole answer, however steadily it drips
IDLE = 4.0  # seconds a connection is kept for reuse: common servers hang up after 5

T = TypeVar("T")


@contextmanager
def _named(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """Turn the errors of sockets into those that the HTTP library knows."""
    try:
        yield
    except TimeoutError as problem:
        raise late(str(problem)) from None
    except (OSError, UnicodeError) as problem:
        raise broken(str(problem)) from None


class Stream(httpcore.NetworkStream):
    """One connected socket."""

    def __init__(self, sock: socket.socket, stopped: Callable[[], bool]) -> None:
        self._sock = sock
        self._stopped = stopped
        self._asked = time.monotonic()

    def _sliced(self, timeout: float | None, work: Callable[[], T]) -> T:
        """Do `work` on the socket, in slices; a socket's own timeout leaves its work resumable."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._stopped():
                raise Cancelled("cancelled while waiting for an answer")
            left = SLICE if end is None else min(SLICE, end - time.monotonic())
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
            try:
                return work()
            except TimeoutError as problem:
                if problem.errno is not None:  # the network's own ETIMEDOUT
                    raise

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, waiting for at least one byte; empty at the end."""
        left = max(0.0, self._asked + SLOWEST - time.monotonic())
        patience = left if timeout is None else min(timeout, left)
        with _named(httpcore.ReadTimeout, httpcore.ReadError):
            return self._sliced(patience, lambda: self._sock.recv(max_bytes))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`: the answer is due from now on."""
        self._asked = time.monotonic()
        with _named(httpcore.WriteTimeout, httpcore.WriteError):
            rest = memoryview(buffer)
            while rest:
                rest = rest[self._sliced(timeout, lambda: self._sock.send(rest)) :]  # noqa: B023 - called before `rest` changes

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the same connection, encrypted."""
        with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                self._sock.settimeout(timeout)
                self._sock = ssl_context.wrap_socket(
                    self._sock, server_hostname=server_hostname, do_handshake_on_connect=False
                )
                self._sliced(timeout, self._sock.do_handshake)
            except BaseException:
                self.close()
                raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """Answer what the connection pool asks: is it encrypted, has the server hung up."""
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "is_readable":
            return _is_readable(self._sock)
        return None


def _is_readable(sock: socket.socket) -> bool:
    """Whether a read would return at once; on an idle connection, that the server hung up."""
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class Backend(httpcore.NetworkBackend):
    """Opens connections; only the look-up of a name cannot be cut short."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that answers; all share the `timeout`."""
        with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
            end = time.monotonic() + (30.0 if timeout is None else timeout)
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            for number, (family, kind, protocol, _, address) in enumerate(found):
                sock = socket.socket(family, kind, protocol)
                share = (end - time.monotonic()) / (len(found) - number)
                try:
                    self._connect(sock, address, share)
                except OSError:
                    sock.close()
                    if number + 1 == len(found):
                        raise
                except BaseException:
                    sock.close()
                    raise
                else:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return Stream(sock, self._stopped)
            raise OSError("the host has no address")

    def _connect(self, sock: socket.socket, address: Any, seconds: float) -> None:
        """Connect within `seconds`, looking every slice whether to go on."""
        end = time.monotonic() + seconds
        sock.setblocking(False)
        code = sock.connect_ex(address)
        if code not in {0, errno.EINPROGRESS}:
            raise OSError(code, os.strerror(code))
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        while True:
            if self._stopped():
                raise Cancelled("cancelled while connecting")
            left = min(SLICE, end - time.monotonic())
            if left <= 0:
                raise TimeoutError("timed out")
            if poll.poll(left * 1000):
                break
        if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, os.strerror(code))


class Door(httpx.HTTPTransport):
    """The HTTP library's own transport on our sockets: no retries, no proxy, HTTP/1.1."""

    def __init__(self, stopped: Callable[[], bool], *, encrypted: bool) -> None:
        # Without any TLS origin an empty context does: it trusts nobody, and costs nothing.
        context = (
            httpx.create_ssl_context(trust_env=False)
            if encrypted
            else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        super().__init__(verify=context, trust_env=False, http2=False, retries=0)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=None,  # the callers' threads bound it
            max_keepalive_connections=None,
            keepalive_expiry=IDLE,
            retries=0,
            network_backend=Backend(stopped),
        )
