"""What is tried again, how long we wait for it, and what is raised in the end."""

import random
import socket
from email.utils import formatdate

import pytest

from sqlcrm.errors import OutcomeUnknown, Throttled, Unreachable
from sqlcrm.sdk import RateLimit, Request, Verdict
from sqlcrm.transport import Limiter
from sqlcrm.transport.clock import REAL
from sqlcrm.transport.retries import Budget, backoff, retry_after, window_ends

READ = Request("GET", "/contacts")
WRITE = Request("POST", "/contacts", body={"email": "ana@example.org"})
UPSERT = Request("POST", "/contact/sync", body={}, repeatable=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_b1_a_refused_connection_is_provably_not_sent(connect, calls, clock):
    """B1: a refused connection is provably not sent."""
    client = connect(f"http://127.0.0.1:{free_port()}")
    for request in (READ, WRITE):
        with pytest.raises(Unreachable, match=r"after 3 attempts.*refused") as caught:
            client.send(request)
        assert caught.value.sent is False
    assert [call.attempt for call in calls] == [1, 2, 3, 1, 2, 3]
    assert all(call.status == 0 and call.error for call in calls)
    assert len(clock.waits) == 4


def test_b1_an_unknown_host_is_provably_not_sent(connect, monkeypatch):
    """B1: an unknown host is provably not sent."""

    def unknown(*args, **more):
        raise socket.gaierror(-2, "Name or service not known")

    client = connect("https://nobody.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match="Name or service") as caught:
        client.send(WRITE)
    assert caught.value.sent is False


def test_b1_a_server_without_tls_is_provably_not_sent_to(server, connect):
    """B1: a server without tls is provably not sent to."""
    server.greeting = b"220 mail.example.org ESMTP\r\n"
    with pytest.raises(Unreachable) as caught:
        connect(server.url.replace("http:", "https:")).send(WRITE)
    assert caught.value.sent is False
    assert server.heard == []


def test_b1_a_write_goes_out_once_the_server_is_there(server, reply, connect, monkeypatch):
    """B1: a write goes out once the server is there."""
    real, tries = socket.getaddrinfo, []

    def flaky(*args, **more):
        tries.append(args)
        if len(tries) < 3:
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return real(*args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", flaky)
    server.replies = [reply(201)]
    assert connect().send(WRITE).response.status == 201
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "data", [b"", b"HTT", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", b"what?\r\n\r\n"]
)
@pytest.mark.parametrize("then", ["reset", "close"])
def test_b2_a_broken_answer_is_retried_for_reads_and_unknown_for_writes(
    server, raw, reply, connect, data, then
):
    """B2: a broken answer is retried for reads and unknown for writes."""
    client = connect()
    server.replies = [raw(data, then), reply(200, {"a": 1})]
    assert client.send(READ).response.body == {"a": 1}
    server.heard.clear()
    server.replies = [raw(data, then)]
    with pytest.raises(OutcomeUnknown, match=r"POST /api/3/contacts.*look before"):
        client.send(WRITE)
    assert len(server.heard) == 1


def test_b2_a_reset_in_the_middle_of_a_request_is_unknown(server, raw, connect):
    """B2: a reset in the middle of a request is unknown."""
    server.replies = [raw(b"", "reset", early=True)]
    with pytest.raises(OutcomeUnknown):
        connect().send(Request("POST", "/x", body={"text": "y" * 5_000_000}))
    assert len(server.heard) == 1


def test_b3_silence_is_retried_for_reads_and_unknown_for_writes(server, raw, reply, connect):
    """B3: silence is retried for reads and unknown for writes."""
    client = connect(timeout=0.2)
    server.replies = [raw(b"", "hang"), raw(b"HTTP/1.1 200 OK\r\n", "hang"), reply(200, {"a": 1})]
    assert client.send(READ).response.body == {"a": 1}
    server.replies = [raw(b"", "hang")]
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        client.send(WRITE)
    assert len(server.heard) == 4


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 521, 522, 523, 524, 408, 425])
def test_b4_failures_of_the_api_are_retried_only_where_that_is_safe(server, reply, connect, status):
    """B4: failures of the api are retried only where that is safe."""
    client = connect()
    server.replies = [reply(status), reply(status), reply(200)]
    assert client.send(UPSERT).verdict is Verdict.OK
    server.replies = [reply(status, {"message": "boom"})]
    with pytest.raises(OutcomeUnknown, match=f"{status}.*boom"):
        client.send(WRITE)
    assert len(server.heard) == 4
    server.default = reply(status)
    with pytest.raises(Unreachable) as caught:
        client.send(READ)
    assert caught.value.sent is True
    assert len(server.heard) == 7


def test_b4_a_throttled_write_was_not_carried_out_and_goes_again(server, reply, connect):
    """B4: a throttled write was not carried out and goes again."""
    server.replies = [reply(429), reply(429), reply(429), reply(429), reply(201)]
    assert connect().send(WRITE).response.status == 201
    assert len(server.heard) == 5


def test_b4_a_write_unclear_once_is_not_called_unsent_by_a_later_refusal(
    server, reply, connect, calls
):
    """B4: a write unclear once is not called unsent by a later refusal."""
    server.replies = [reply(500, then="close", before=server.vanish)]
    with pytest.raises(Unreachable) as caught:
        connect().send(UPSERT)
    assert caught.value.sent is True


def test_b10_an_outage_adds_at_most_35_retries(server, reply, connect):
    """B10: an outage adds at most 35 retries."""
    server.default = reply(200)
    client = connect()
    for _ in range(200):
        client.send(READ)
    server.heard.clear()
    server.default = reply(503)
    for _ in range(100):
        with pytest.raises(Unreachable):
            client.send(READ)
    assert 100 < len(server.heard) <= 135


def test_b10_steady_noise_costs_at_most_7_percent():
    """B10: steady noise costs at most 7 percent."""
    budget, retries = Budget(), 0
    for number in range(20_000):
        if number % 4 == 0:  # far more noise than 5 %
            retries += budget.take()
        budget.refund()
    assert retries <= 0.07 * 20_000 + 35


def test_b10_noise_of_5_percent_is_retried_in_full(server, reply, connect):
    """B10: noise of 5 percent is retried in full."""
    client = connect()
    for _ in range(50):
        server.replies = [reply(503)] + [reply(200)] * 20
        for _ in range(20):
            client.send(READ)
    assert len(server.heard) == 1050


def test_b10_a_silent_api_is_given_up_within_a_minute(server, reply, connect, clock):
    """B10: a silent api is given up within a minute."""
    server.default = reply(500, before=lambda: clock.advance(30))
    began = clock.now
    with pytest.raises(Unreachable, match="after 2 attempts"):
        connect().send(READ)
    assert clock.now - began <= 61


def test_b10_waits_have_full_jitter_under_a_ceiling():
    """B10: waits have full jitter under a ceiling."""
    waits = [[backoff(times) for _ in range(300)] for times in (1, 2, 3, 30)]
    for drawn, ceiling in zip(waits, (0.5, 1.0, 2.0, 20.0), strict=True):
        assert 0 <= min(drawn) < 0.2 * ceiling
        assert 0.8 * ceiling < max(drawn) <= ceiling


def test_d1_a_storm_of_429s_is_weathered(server, reply, connect):
    """D1: a storm of 429s is weathered."""
    client = connect()
    for _ in range(100):
        server.replies = [reply(429, b"{}", "Retry-After: 1"), reply(200)]
        assert client.send(READ).verdict is Verdict.OK
    assert len(server.heard) == 200


def test_d1_half_of_the_answers_may_be_429_for_a_minute(server, reply, connect, clock):
    """D1: every request is answered in the end, at 2.2 times the requests or fewer."""
    draw, began = random.Random(7), clock.now  # noqa: S311 - not a secret
    client = connect(limiter=Limiter((RateLimit(5),), REAL))

    def choose(heard):
        storm = clock.now < began + 60 and draw.random() < 0.5
        return reply(429) if storm else reply(200, {"target": heard.target})

    server.choose = choose
    for number in range(300):
        target = f"/api/3/contacts/{number}"
        answer = client.send(Request("GET", f"/contacts/{number}"))
        assert answer.response.body == {"target": target}
    assert clock.now - began > 60
    assert client.calls == len(server.heard) <= 2.2 * 300


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("0", 0, 0),
        ("1", 1, 1),
        ("1.5", 1.5, 1.5),
        ("300", 300, 300),
        ("-1", 0, 0.5),
        ("1e308", 0, 0.5),
        ("inf", 0, 0.5),
        ("soon", 0, 0.5),
        ("", 0, 0.5),
        ("Fri, 99 Foo 2026", 0, 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_d2_retry_after_is_honoured_or_replaced_by_our_own_wait(
    server, reply, connect, clock, header, low, high, status
):
    """D2: retry after is honoured or replaced by our own wait."""
    server.replies = [reply(status, b"{}", f"Retry-After: {header}"), reply(200)]
    began = clock.now
    connect().send(READ)
    assert low - 1e-3 <= clock.now - began <= high + 1e-3


@pytest.mark.parametrize(("offset", "wait"), [(-3600, 0), (90, 90)])
@pytest.mark.parametrize("skew", [0, 86_400, -86_400])
def test_d2_dates_are_read_on_the_clock_of_the_server(
    server, reply, connect, clock, offset, wait, skew
):
    """D2: dates are read on the clock of the server."""
    now = int(clock.time()) + skew
    headers = (
        f"Date: {formatdate(now, usegmt=True)}",
        f"Retry-After: {formatdate(now + offset, usegmt=True)}",
    )
    server.replies = [reply(429, b"{}", *headers), reply(200)]
    began = clock.now
    connect().send(READ)
    assert clock.now - began == pytest.approx(wait, abs=1e-3)


def test_d2_a_date_without_a_date_of_the_answer_is_compared_with_our_clock():
    """D2: a date without a date of the answer is compared with our clock."""
    now = 1_800_000_000
    assert retry_after({"retry-after": formatdate(now + 7, usegmt=True)}, now) == 7


@pytest.mark.parametrize("header", ["301", "9999999999"])
def test_d2_a_wait_above_the_cap_fails_at_once_and_names_it(server, reply, connect, clock, header):
    """D2: a wait above the cap fails at once and names it."""
    server.replies = [reply(429, {"message": "daily quota"}, f"Retry-After: {header}")]
    with pytest.raises(Throttled, match=f"daily quota.* {header} s"):
        connect().send(WRITE)
    server.replies = [reply(503, b"{}", f"Retry-After: {header}")]
    with pytest.raises(Unreachable, match=f" {header} s"):
        connect().send(READ)
    assert clock.now == 0
    assert len(server.heard) == 2


@pytest.mark.parametrize("header", ["Retry-After: 0", "Retry-After: 40", "X-No: 1"])
def test_d2_endless_throttling_ends_after_300_s(server, reply, connect, clock, header):
    """D2: endless throttling ends after 300 s."""
    server.default = reply(429, b"{}", header)
    with pytest.raises(Throttled):
        connect().send(READ)
    assert clock.now <= 300.001
    assert len(server.heard) <= 400


def test_d1_a_429_makes_the_whole_account_wait(server, reply, connect, clock):
    """D1: a 429 makes the whole account wait."""
    limiter = Limiter((), REAL)
    server.replies = [reply(429, b"{}", "Retry-After: 400"), reply(200)]
    one, other = connect(limiter=limiter), connect(limiter=limiter)
    with pytest.raises(Throttled):
        one.send(READ)
    other.send(READ)
    assert clock.now == 0  # a wait that we refuse pauses nobody else
    server.replies = [reply(429, b"{}", "Retry-After: 10"), reply(200), reply(200)]
    one.send(READ)
    assert clock.now == pytest.approx(10)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("RateLimit-Reset: 17", 17), ("X-RateLimit-Reset: 2.5", 2.5)],
)
def test_d2_without_a_retry_after_the_end_of_the_window_is_waited_for(
    server, reply, connect, clock, header, seconds
):
    """D2: the reset is in seconds."""
    server.replies = [reply(429, b"{}", header, "RateLimit-Remaining: 0"), reply(200)]
    connect().send(WRITE)
    assert clock.now == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit-reset": "17"}, 17),
        ({"x-ratelimit-reset": "1800000009"}, 9),
        ({"ratelimit-reset": "1799999999"}, None),
        ({"ratelimit-reset": "0"}, None),
        ({"ratelimit-reset": "soon"}, None),
        ({}, None),
    ],
)
def test_d2_a_window_that_ends_says_when_or_nothing(headers, seconds):
    """D2: seconds, or a point in Unix time."""
    assert window_ends(headers, 1_800_000_000) == seconds
