"""Calls are verified and on disk before they are acknowledged; nothing else is stored."""

import contextlib
import http.client
import json
import random
import socket
import threading
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest
from fakes import hooked

from sqlcrm.doors import receiver as receiving
from sqlcrm.doors import serving as serving_
from sqlcrm.errors import ConfigurationError, JournalProblem


def test_a_call_is_stored_when_it_is_acknowledged(desk: Any) -> None:
    with desk() as one:
        assert hooked.post(one.hook, hooked.call(1, "ana")) == 200
        assert one.stored() == ["jid-1"]


def test_e11_a_repeated_call_is_acknowledged_and_stored_once(desk: Any) -> None:
    """E11: a replayed id is refused; to the CRM it looks as if it had arrived."""
    with desk() as one:
        for _ in range(3):
            assert hooked.post(one.hook, hooked.call(1, "ana")) == 200
        assert one.stored() == ["jid-1"]
        assert one.receiver.counts["repeated"] == 2


def test_e11_mutated_deliveries_are_refused_and_not_stored(desk: Any) -> None:
    """E11: 200 mutated deliveries, all refused, over HTTP."""
    dice, body = random.Random(12), hooked.call(1, "ana")  # noqa: S311 - where to flip
    good = hooked.signature(body)
    with desk() as one:
        parts = urlsplit(one.url)
        line = http.client.HTTPConnection(parts.hostname, parts.port)
        answers = set()
        for _ in range(200):
            at, bit = dice.randrange(len(body)), 1 << dice.randrange(8)
            mutant = body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :]
            given = {hooked.HEADER: good, "Content-Type": "application/json"}
            line.request("POST", "/hooks/crm", mutant, given)
            answer = line.getresponse()
            answer.read()
            answers.add(answer.status)
        line.close()
        assert answers == {401}
        assert one.stored() == []
        assert one.receiver.counts["refused"] == 200
    told = "\n".join(one.said)
    assert "the signature is wrong" in told
    assert len(one.said) < 20
    assert not [word for word in ("ana", good, hooked.SECRET) if word in told]


def test_events_that_the_script_does_not_use_are_acknowledged_and_dropped(desk: Any) -> None:
    """T4: every type goes to every endpoint; a refusal would let the CRM give up."""
    with desk() as one:
        assert hooked.post(one.hook, hooked.call(1, "ana", "some.other")) == 200
        assert one.stored() == []
        assert one.receiver.counts["ignored"] == 1


def test_t4_a_call_that_cannot_be_read_is_acknowledged_and_kept(desk: Any) -> None:
    """T4: a poison message kills the feed."""
    with desk() as one:
        assert hooked.post(one.hook, b"{broken") == 200
        assert one.listener.events.counts() == {"dead": 1}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/hooks/crm", None, 405),
        ("PUT", "/hooks/crm", None, 405),
        ("POST", "/hooks/other", None, 404),
        ("POST", "/hooks/crm/x", None, 401),
        ("POST", "/hooks/crm", {}, 401),
        ("POST", "/", None, 404),
        ("POST", "/hooks/..%2fcrm", None, 404),
    ],
)
def test_what_is_no_call_of_the_crm_is_refused(
    desk: Any, method: str, path: str, headers: Any, status: int
) -> None:
    with desk() as one:
        body = hooked.call(1, "ana")
        assert hooked.post(one.url + path, body, headers, method) == status
        assert one.listener.events.counts() == {}


def test_a_form_is_no_json(desk: Any) -> None:
    with desk() as one:
        body = hooked.call(1, "ana")
        given = {hooked.HEADER: hooked.signature(body)}
        form = {**given, "Content-Type": "application/x-www-form-urlencoded"}
        assert hooked.post(one.hook, body, form) == 415
        charset = {**given, "Content-Type": "Application/vnd.crm+JSON; charset=utf-8"}
        assert hooked.post(one.hook, body, charset) == 200


def test_b12_a_body_of_over_a_megabyte_is_refused_unread(desk: Any) -> None:
    """B12: a cap on what is read."""
    with desk() as one:
        parts = urlsplit(one.url)
        head = b"POST /hooks/crm HTTP/1.1\r\nHost: x\r\n"
        with socket.create_connection((parts.hostname, parts.port), 10) as sock:
            sock.sendall(head + b"Content-Length: 99999999999\r\n\r\n")
            assert sock.recv(65536).startswith(b"HTTP/1.1 413 ")
        with socket.create_connection((parts.hostname, parts.port), 10) as sock:
            sock.sendall(head + b"Transfer-Encoding: chunked\r\n\r\nF4241\r\n" + b"x" * 1_000_001)
            assert sock.recv(65536).startswith(b"HTTP/1.1 413 ")
        fits = hooked.call(1, "ana", note="n" * 900_000)
        assert hooked.post(one.hook, fits) == 200
        assert one.receiver._held == 0


def test_a_call_that_never_comes_to_its_end_holds_nothing(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "PATIENCE", 0.05)
    with desk() as one:
        parts = urlsplit(one.url)
        with socket.create_connection((parts.hostname, parts.port), 10) as sock:
            sock.sendall(b"POST /hooks/crm HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc")
            assert b" 408 " in sock.recv(65536)
        assert one.receiver._held == 0
        assert one.listener.events.counts() == {}


@pytest.mark.parametrize(("limit", "value"), [("HELD", -1), ("AT_ONCE", 0)])
def test_when_too_much_is_under_way_calls_are_asked_to_come_again(
    desk: Any, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(receiving, limit, value)
    with desk() as one:
        assert hooked.post(one.hook, hooked.call(1, "ana")) == 503
        assert one.receiver.counts["busy"] == 1
    assert "refused 1: 503, calls that came while too many were under way" in one.said


@pytest.mark.parametrize("sent", [b"", b"POST /hooks/crm HT", b"POST /no HTTP/1.1\r\nHost: x\r\nX"])
def test_a_connection_that_never_calls_is_closed(
    desk: Any, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(serving_, "PATIENCE", 0.05)
    with desk() as one:
        parts = urlsplit(one.url)
        with socket.create_connection((parts.hostname, parts.port), 10) as sock:
            sock.sendall(sent)
            assert closed(sock)


def test_what_drips_in_after_the_answer_keeps_no_connection_open(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_, "PATIENCE", 1.0)
    with desk() as one:
        parts = urlsplit(one.url)
        with socket.create_connection((parts.hostname, parts.port), 10) as sock:
            sock.sendall(b"POST /hooks/nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
            assert b" 404 " in sock.recv(65536)
            sock.sendall(b"x")
            assert closed(sock)


def test_idle_connections_keep_no_call_out(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has been idle for longest makes room."""
    monkeypatch.setattr(serving_, "AT_ONCE", 3)
    with desk() as one, contextlib.ExitStack() as stack:
        parts = urlsplit(one.url)
        place = (parts.hostname, parts.port)
        idle = [stack.enter_context(socket.create_connection(place, 10)) for _ in range(6)]
        assert hooked.post(one.hook, hooked.call(1, "ana")) == 200
        assert all(closed(sock) for sock in idle[:4])
        idle[5].sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in idle[5].recv(65536)


def closed(sock: socket.socket) -> bool:
    """Whether the other side closes; waits for it, up to the socket's own timeout.

    What is left of an answer may come before: its body need not be in one piece with its head.
    """
    try:
        while sock.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True
    return True


def test_a4_what_cannot_be_written_down_is_not_acknowledged(desk: Any) -> None:
    """A4: a full disk; the CRM sends it again."""
    with desk() as one:
        store, fails = one.receiver._store, [True]

        def failing(arrivals: Any) -> int:
            if fails.pop():
                raise JournalProblem("the disk is full")
            return int(store(arrivals))

        one.receiver._store = failing
        assert hooked.post(one.hook, hooked.call(1, "ana")) == 503
        fails.append(False)
        assert hooked.post(one.hook, hooked.call(1, "ana")) == 200
        assert one.stored() == ["jid-1"]
        assert any("the disk is full" in line for line in one.said)


def test_calls_that_come_together_share_a_transaction(desk: Any) -> None:
    with desk() as one:
        store, groups, free = one.receiver._store, [], threading.Event()

        def slow(arrivals: Any) -> int:
            groups.append(len(arrivals))
            assert free.wait(20)
            return int(store(arrivals))

        one.receiver._store = slow
        posts = [
            threading.Thread(target=hooked.post, args=(one.hook, hooked.call(n, f"p{n}")))
            for n in range(20)
        ]
        for post in posts:
            post.start()
        while len(one.receiver._waiting) + sum(groups) < 20:
            time.sleep(0.005)
        free.set()
        for post in posts:
            post.join()
        assert sum(groups) == 20
        assert len(groups) <= 3
        assert len(one.stored()) == 20


def test_the_secret_address_of_an_api_without_signatures(desk: Any) -> None:
    with desk("tokened") as one:
        body = hooked.call(1, "ana")
        assert hooked.post(f"{one.hook}/{hooked.TOKEN}", body, {}) == 200
        assert hooked.post(f"{one.hook}/{hooked.TOKEN}x", body, {}) == 401
        assert hooked.post(one.hook, body, {}) == 401
        assert one.stored() == ["jid-1"]
        again = hooked.call(2, "ana")
        assert hooked.post(f"{one.hook}/{hooked.TOKEN}/", again, {}) == 200
        assert one.stored() == ["jid-1"]  # hers, too: she waits for her first
        assert one.receiver.counts["stored"] == 2
    assert hooked.TOKEN not in "\n".join(one.said)


def test_health_tells_that_it_is_there_and_nothing_about_anybody(desk: Any) -> None:
    with desk() as one:
        hooked.post(one.hook, hooked.call(1, "ana"))
        with urllib.request.urlopen(f"{one.url}/health") as answer:
            found = json.loads(answer.read())
        assert found == {
            "status": "ok", "accepted": 1, "refused": 0, "busy": 0, "failed": 0, "stored": 1,
            "repeated": 0, "ignored": 0,
        }  # fmt: skip


def test_a_port_that_is_taken_is_said(desk: Any) -> None:
    with desk() as one:
        port = urlsplit(one.url).port
        with (
            pytest.raises(ConfigurationError, match=f"port {port} of 127.0.0.1 cannot be used"),
            receiving_at(port),
        ):
            pass


def receiving_at(port: int | None) -> Any:
    from sqlcrm.doors.serving import serving

    return serving(receiving.Receiver({}, len, print).app, "127.0.0.1", port or 0)
