"""Connections: a write goes out exactly once, TLS is checked, and a cancel ends any wait."""

import socket
import threading
import time

import pytest

from sqlcrm.errors import Cancelled, DatabaseError, OutcomeUnknown, Unreachable
from sqlcrm.sdk import Request
from sqlcrm.transport import Clock, sockets
from sqlcrm.transport.sockets import IDLE

READ = Request("GET", "/contacts")
WRITE = Request("POST", "/contacts", body={})


def posts(server):
    return [heard for heard in server.heard if heard.method == "POST"]


def test_connections_are_reused(server, reply, connect):
    server.default = reply()
    client = connect()
    for _ in range(5):
        client.send(READ)
    assert server.connections == 1


@pytest.mark.parametrize("then", ["close", "reset"])
def test_b9_a_post_on_a_reused_connection_that_breaks_is_sent_once(
    server, reply, raw, connect, then
):
    """B9: a post on a reused connection that breaks is sent once."""
    server.replies = [reply(), raw(b"", then)]
    client = connect()
    client.send(READ)
    with pytest.raises(OutcomeUnknown):
        client.send(WRITE)
    assert len(posts(server)) == 1
    assert posts(server)[0].connection == 1


@pytest.mark.parametrize("then", ["close", "reset"])
def test_b9_a_post_after_the_server_hung_up_goes_out_once_on_a_new_connection(
    server, reply, connect, then
):
    """B9: a post after the server hung up goes out once on a new connection."""
    server.replies = [reply(200, b"{}", then=then), reply(201)]
    client = connect()
    client.send(READ)
    _until_hung_up(client)
    assert client.send(WRITE).response.status == 201
    assert [heard.connection for heard in posts(server)] == [2]


def _until_hung_up(client):
    """Wait until the end of the connection has arrived here."""
    for connection in client._door._pool.connections:
        for _ in range(500):
            if connection.has_expired():
                return
            threading.Event().wait(0.01)


def test_idle_connections_are_dropped_before_servers_do_it():
    assert IDLE < 5


def blocked(client, server, request):
    """Send in a thread until the server lets it hang; return how to join it, and its error."""
    errors = []

    def work():
        try:
            client.send(request)
        except DatabaseError as problem:
            errors.append(problem)

    thread = threading.Thread(target=work)
    thread.start()
    assert server.waiting.wait(5)
    return thread, errors


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,"])
@pytest.mark.parametrize("how", ["event", "close", "close of a client with an event"])
def test_g3_a_blocked_read_ends_within_a_second(server, raw, connect, data, how):
    """G3: a blocked read ends within a second."""
    server.default = raw(data, "hang")
    cancel = None if how == "close" else threading.Event()
    client = connect(timeout=30.0, cancel=cancel)
    thread, errors = blocked(client, server, WRITE)
    began = time.monotonic()
    if how == "event":
        cancel.set()
    else:
        client.close()
    thread.join(5)
    assert time.monotonic() - began < 1
    assert [type(error) for error in errors] == [Cancelled]
    client.close()
    assert client._door._pool.connections == []


def test_g3_a_blocked_read_over_tls_ends_within_a_second(tls_server, raw, connect, trusted):
    """G3: a blocked read over tls ends within a second."""
    tls_server.default = raw(b"HTTP/1.1 200 OK\r\n", "hang")
    client = connect(tls_server.url, timeout=30.0)
    thread, errors = blocked(client, tls_server, READ)
    began = time.monotonic()
    client.close()
    thread.join(5)
    assert time.monotonic() - began < 1
    assert [type(error) for error in errors] == [Cancelled]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_g3_a_blocked_connect_ends_within_a_second(connect, scheme):
    """G3: a blocked connect ends within a second."""
    # Nobody accepts: a full backlog lets further connects hang, and a TLS handshake always.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4 if scheme == "http" else 0)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        cancel = threading.Event()
        client = connect(f"{scheme}://127.0.0.1:{address[1]}", cancel=cancel)
        timer = threading.Timer(0.1, cancel.set)
        timer.start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            client.send(WRITE)
        assert time.monotonic() - began < 1
        timer.join()
        for filler in fillers:
            filler.close()


def test_b3_a_connect_that_takes_too_long_is_provably_not_sent(connect):
    """B3: a connect that takes too long is provably not sent."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        client = connect(f"https://127.0.0.1:{listener.getsockname()[1]}", connect_timeout=0.05)
        with pytest.raises(Unreachable, match="in time") as caught:
            client.send(WRITE)
        assert caught.value.sent is False


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_b3_an_answer_that_drips_forever_is_given_up(server, raw, connect, monkeypatch, start):
    """B3: an answer that drips forever is given up."""
    monkeypatch.setattr(sockets, "SLOWEST", 0.2)
    server.default = raw(start, "drip")
    with pytest.raises(Unreachable, match="no answer in time"):
        connect(timeout=30.0).send(READ)
    assert len(server.heard) == 3


def test_g3_what_was_under_way_is_recorded_and_named(server, raw, connect, calls):
    """G3: what was under way is recorded and named."""
    server.default = raw(b"", "hang")
    cancel = threading.Event()
    thread, errors = blocked(connect(timeout=30.0, cancel=cancel), server, WRITE)
    cancel.set()
    thread.join(5)
    assert "POST /api/3/contacts of connection 'ac' was cancelled" in str(errors[0])
    assert "may have happened" in str(errors[0])
    assert [(call.status, call.error) for call in calls] == [
        (0, "cancelled while it was under way")
    ]


def test_a_wait_for_the_next_try_ends_at_once_when_cancelled(server, reply, connect):
    Clock.fake = None
    cancel = threading.Event()
    server.default = reply(429, b"{}", "Retry-After: 60", before=cancel.set)
    with pytest.raises(Cancelled):
        connect(cancel=cancel).send(WRITE)
    assert len(server.heard) == 1


def test_the_second_address_of_a_host_is_tried(server, reply, connect, monkeypatch):
    real = socket.getaddrinfo

    def both(host, port, *args, **more):
        good = real(host, port, *args, **more)
        return [(*good[0][:4], ("127.0.0.1", 1)), *good]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    server.replies = [reply(200, [1])]
    assert connect().send(READ).response.body == [1]


def test_tls_works_with_a_certificate_that_is_trusted(tls_server, reply, connect, trusted):
    tls_server.default = reply(200, {"text": "y" * 300_000})
    client = connect(tls_server.url)
    for _ in range(3):
        assert len(client.send(READ).response.body["text"]) == 300_000
    client.send(Request("POST", "/x", body={"text": "z" * 3_000_000}))
    assert tls_server.connections == 1
    assert len(tls_server.heard[-1].body) > 3_000_000


def test_e12_a_self_signed_certificate_is_refused(tls_server, connect):
    """E12: a self signed certificate is refused."""
    client = connect(tls_server.url)
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED") as caught:
        client.send(WRITE)
    assert caught.value.sent is False
    assert tls_server.heard == []


def test_e12_a_certificate_of_another_host_is_refused(tls_server, connect, trusted, monkeypatch):
    """E12: a certificate of another host is refused."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *args, **more: real("127.0.0.1", *args, **more)
    )
    client = connect(f"https://acme.example:{tls_server.port}")
    with pytest.raises(Unreachable, match=r"acme\.example"):
        client.send(WRITE)
    assert tls_server.heard == []
