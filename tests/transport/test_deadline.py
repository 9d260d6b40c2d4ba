"""B3: how long a request and a statement may take in all, and how that ends."""

import threading
import time

import pytest

from sqlcrm.errors import Cancelled, OutcomeUnknown, Unreachable
from sqlcrm.sdk import RateLimit, Request
from sqlcrm.transport import Clock, Limiter
from sqlcrm.transport.clock import REAL

READ = Request("GET", "/contacts")
WRITE = Request("POST", "/contacts", body={})


def test_b3_patience_bounds_the_attempts_of_a_request(server, reply, connect, clock):
    """B3: the attempts of one request end within its patience."""
    server.default = reply(500, before=lambda: clock.advance(4))
    with pytest.raises(Unreachable, match="after 2 attempts"):
        connect(patience=8.0).send(READ)
    assert clock.now <= 9


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["])
def test_b3_what_is_under_way_ends_at_the_deadline(server, raw, connect, data):
    """B3: a read ends as unreachable, a write as unknown, each with what to do."""
    Clock.fake = None
    server.default = raw(data, "hang")
    client = connect(timeout=30.0)
    for request, error in ((READ, Unreachable), (WRITE, OutcomeUnknown)):
        client.deadline(0.1)
        began = time.monotonic()
        with pytest.raises(error, match=r"/api/3/contacts of connection 'ac' was given up.*SET"):
            client.send(request)
        assert time.monotonic() - began < 1
    assert len(server.heard) == 2


def test_b3_a_wait_beyond_the_deadline_is_not_begun(server, reply, connect, clock):
    """B3: a pause, a turn or a delay that ends too late is told at once; nothing was sent."""
    server.replies = [reply(200), reply(429, b"{}", "Retry-After: 60"), reply(200), reply(200)]
    client = connect(limiter=Limiter((RateLimit(1, 10.0),), REAL))
    client.send(READ)
    client.deadline(5.0)
    with pytest.raises(Unreachable, match="given up") as caught:
        client.send(WRITE)
    assert caught.value.sent is False
    client.deadline(30.0)
    with pytest.raises(Unreachable, match="given up"):
        client.send(WRITE)  # the 429 asks for more than is left
    assert clock.now < 11
    client.deadline(2.0)
    with pytest.raises(Unreachable):
        client.send(Request("GET", "/job", after=3.0))
    client.deadline(None)
    assert client.send(READ).response.status == 200
    assert [heard.method for heard in server.heard] == ["GET", "POST", "GET"]


def test_b3_time_that_is_up_sends_nothing(server, connect):
    """B3: after the deadline nothing more is sent."""
    client = connect()
    client.deadline(0.0)
    with pytest.raises(Unreachable):
        client.send(WRITE)
    assert server.heard == []


def test_a_cancel_stays_a_cancel_where_there_is_a_deadline_too(server, raw, connect):
    server.default = raw(b"", "hang")
    cancel = threading.Event()
    client = connect(timeout=30.0, cancel=cancel)
    client.deadline(60.0)
    threading.Timer(0.05, cancel.set).start()
    with pytest.raises(Cancelled):
        client.send(READ)


def test_the_calls_left_the_rate_and_the_latency_are_told(server, reply, connect, clock):
    server.default = reply(200, before=lambda: clock.advance(0.2))
    limits = (RateLimit(10), RateLimit(100, 50.0, paths="/bulk"))
    client = connect(limiter=Limiter(limits, REAL), max_requests=2)
    assert (client.left, client.latency) == (2, 0.0)
    assert [client.rate(path) for path in ("/contacts", "/bulk/7")] == [10, 2]
    client.send(READ)
    assert (client.left, client.latency) == (1, pytest.approx(0.2))
    client.send(READ)
    assert client.left == 0
    assert connect().left is None
    assert connect().rate("/contacts") is None
