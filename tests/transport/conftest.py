"""A server on loopback that answers exactly as badly as a test wants, and clients to meet it."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.sdk import Connector, HeaderKey, Setting
from sqlcrm.transport import Call, Client, Limiter, testing
from sqlcrm.transport.clock import REAL, FakeClock

CANARY = "c4nary/S3cret+Token=="
PEM = Path(__file__).with_name("loopback.pem")


@dataclass
class Heard:
    """One request that reached the server."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Reply:
    """What to do about one request: bytes to send, and what becomes of the connection."""

    data: bytes
    then: str = "keep"  # or close, reset, hang, drip
    before: Callable[[], None] = lambda: None
    early: bool = False  # answer, or break, when only the head of the request was read


@dataclass
class Server:
    """`replies` are used up in order, then `default` is; `heard` is the ledger.

    `choose`, where it is set, decides instead.
    """

    tls: ssl.SSLContext | None = None
    replies: list[Reply] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    default: Reply | None = None
    connections: int = 0
    greeting: bytes = b""  # said before anything was asked
    choose: Callable[[Heard], Reply] | None = None

    def __post_init__(self) -> None:
        self.over = threading.Event()
        self.waiting = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, sock, self.connections)

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            with self._lock:
                self._open.add(sock)
            sock.sendall(self.greeting)
            while not self.greeting and self._answer(sock, number):
                pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _answer(self, sock: socket.socket, number: int) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (got := sock.recv(65536)):
                return False
            data += got
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        heard = Heard(method, target, headers, body, number)
        with self._lock:
            self.heard.append(heard)
            reply = self.replies.pop(0) if self.replies else self.default
        if self.choose is not None:
            reply = self.choose(heard)
        assert reply is not None, "no reply is prepared"
        while not reply.early and len(heard.body) < int(headers.get("content-length", "0")):
            heard.body += sock.recv(65536)
        return self._act(sock, reply)

    def _act(self, sock: socket.socket, reply: Reply) -> bool:
        reply.before()
        sock.sendall(reply.data)
        if reply.then == "hang":
            self.waiting.set()
            self.over.wait()
        while reply.then == "drip":
            sock.sendall(b" ")
            self.over.wait(0.005)
        if reply.then == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return reply.then == "keep"

    def vanish(self) -> None:
        """Accept no more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def close(self) -> None:
        self.over.set()
        self.vanish()
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


@pytest.fixture(autouse=True)
def clock() -> Iterator[FakeClock]:
    with testing() as fake:
        yield fake


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def guarded(host: Any, *args: Any, **more: Any) -> Any:
        assert host in {"127.0.0.1", "localhost"}, f"a test looked up {host}"
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def tls_server() -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    made = Server(context)
    yield made
    made.close()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients trust the certificate of `tls_server`."""
    context = ssl.create_default_context(cafile=PEM)
    monkeypatch.setattr("httpx.create_ssl_context", lambda **_: context)


@pytest.fixture
def reply() -> Callable[..., Reply]:
    """Return a maker of replies; `body` is JSON unless it is bytes, `length` may be a lie."""

    def make(
        status: int = 200,
        body: Any = b"{}",
        *headers: str,
        then: str = "keep",
        length: int | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> Reply:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if not any(line.lower().startswith("transfer-encoding") for line in headers):
            headers += (f"Content-Length: {len(data) if length is None else length}",)
        head = "\r\n".join((f"HTTP/1.1 {status} Whatever", *headers)) + "\r\n\r\n"
        return Reply(head.encode("latin-1") + data, then, before)

    return make


@pytest.fixture
def raw() -> type[Reply]:
    """Return the maker of replies that are no HTTP at all."""
    return Reply


@pytest.fixture
def canary() -> str:
    return CANARY


@pytest.fixture
def connector() -> Callable[..., Connector]:
    def make(**changes: Any) -> Connector:
        declared: dict[str, Any] = {
            "name": "fake",
            "title": "Fake CRM",
            "base_url": "{url}/api/3",
            "settings": (
                Setting("url", strip=("/api/3",)),
                Setting("api_key", secret=True),
            ),
            "auth": HeaderKey("Api-Token", "api_key"),
            "limits": (),
            "tables": (),
            "who": lambda: iter(()),
        }
        return Connector(**(declared | changes))

    return make


@pytest.fixture
def calls() -> list[Call]:
    """What the clients recorded."""
    return []


@pytest.fixture
def connect(
    server: Server, connector: Callable[..., Connector], calls: list[Call]
) -> Iterator[Callable[..., Client]]:
    """Return a maker of clients of `server`; keywords replace what they are made with."""
    made: list[Client] = []

    def make(url: str = "", *, settings: dict[str, str] | None = None, **changes: Any) -> Client:
        given: dict[str, Any] = {
            "connection": "ac",
            "connector": connector(),
            "settings": {"url": url or server.url, "api_key": CANARY} | (settings or {}),
            "limiter": Limiter((), REAL),
            "record": calls.append,
            "timeout": 0.2,
        }
        made.append(Client(**(given | changes)))
        return made[-1]

    yield make
    for client in made:
        client.close()
