"""B: twenty writes, one of them hit by a fault, wherever that is: none is lost, none done twice.

The fake server's ledger holds which rows it applied, and how often.
"""

import socket

import pytest

from sqlcrm.errors import OutcomeUnknown, Unreachable
from sqlcrm.sdk import Request, Rule, Verdict
from sqlcrm.transport import Limiter
from sqlcrm.transport.clock import REAL

ROWS = 20
AMBIGUOUS = [500, 502, 503, 504, 520, 521, 522, 523, 524, 408, 425]


class Run:
    """Twenty writes: what the server did, and what we say of each."""

    def __init__(self, server, reply, hit, fault):
        self.server, self.applied, self.said = server, [], []
        self._reply, self._hit, self._fault = reply, hit, fault
        self._faulty = True
        server.choose = self._choose

    def _choose(self, heard):
        row = int(heard.target.rpartition("=")[2])
        if row == self._hit and self._faulty:
            self._faulty = False
            made, applied = self._fault
            if applied:
                self.applied.append(row)
            return made
        self.applied.append(row)
        return self._reply(201)

    def write(self, client, repeatable, silence=5.0):
        for row in range(ROWS):
            client._tools.wire._timeout = silence if row == self._hit else 5.0
            query = (("row", str(row)),)
            request = Request("POST", "/rows", query, {"row": row}, repeatable=repeatable or None)
            try:
                client.send(request)
                self.said.append("done")
            except OutcomeUnknown:
                self.said.append("unknown")
            except Unreachable as problem:
                self.said.append("unknown" if problem.sent else "not sent")
        return self

    def check(self, hit_is):
        """Each row was applied once and is said to be done; only the hit one may be unclear."""
        for row, said in enumerate(self.said):
            times = self.applied.count(row)
            if row == self._hit:
                assert said == hit_is
                assert times <= 1 or said != "not sent"
            else:
                assert (row, said, times) == (row, "done", 1)


def each_index(server, reply, connect, fault, *, repeatable, hit_is, silence=5.0):
    used = connect(limiter=Limiter((), REAL), timeout=5.0)
    for hit in range(ROWS):
        run = Run(server, reply, hit, fault)
        run.write(used, repeatable, silence).check(hit_is)
        yield hit, run


def broken(raw, how):
    head = b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n"
    return {
        "reset after half of the request": raw(b"", "reset", early=True),
        "reset before the first byte": raw(b"", "reset"),
        "closed before the first byte": raw(b"", "close"),
        "half of the answer, then reset": raw(head + b'{"id": ', "reset"),
        "half of the answer, then closed": raw(head + b'{"id": ', "close"),
    }[how]


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize(
    "how",
    [
        "reset after half of the request",
        "reset before the first byte",
        "closed before the first byte",
        "half of the answer, then reset",
        "half of the answer, then closed",
    ],
)
def test_b2_a_write_whose_answer_breaks_is_unknown_wherever_it_is(
    server, reply, raw, connect, how, applied
):
    """B2: at every index of 20, applied or not, the row hit is unknown and was sent once."""
    fault = (broken(raw, how), applied)
    for hit, run in each_index(server, reply, connect, fault, repeatable=False, hit_is="unknown"):
        assert run.applied.count(hit) == applied
        assert len(server.heard) == ROWS
        server.heard.clear()


@pytest.mark.parametrize("applied", [False, True])
def test_b2_a_write_that_may_be_repeated_is_done_wherever_its_answer_breaks(
    server, reply, raw, connect, applied
):
    """B2: at every index of 20, a repeatable write is sent again, and done."""
    fault = (broken(raw, "half of the answer, then reset"), applied)
    for hit, run in each_index(server, reply, connect, fault, repeatable=True, hit_is="done"):
        assert run.applied.count(hit) == 1 + applied


@pytest.mark.parametrize("applied", [False, True])
def test_b3_a_write_without_an_answer_is_unknown_wherever_it_is(
    server, reply, raw, connect, applied
):
    """B3: at every index of 20, silence after a write makes its row unknown, and no other."""
    fault = (raw(b"", "hang"), applied)
    kept = {"repeatable": False, "hit_is": "unknown", "silence": 0.1}
    for hit, run in each_index(server, reply, connect, fault, **kept):
        assert run.applied.count(hit) == applied


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("status", AMBIGUOUS)
def test_b4_a_write_answered_with_a_failure_is_unknown_wherever_it_is(
    server, reply, connect, status, applied
):
    """B4: at every index of 20, a failing status, applied or not: unknown, and sent once."""
    fault = (reply(status), applied)
    for hit, run in each_index(server, reply, connect, fault, repeatable=False, hit_is="unknown"):
        assert run.applied.count(hit) == applied


def test_b4_a_throttled_write_is_done_once_wherever_it_is(server, reply, connect):
    """B4: at every index of 20, a 429 was not applied; the row is sent again, and done once."""
    fault = (reply(429, b"{}", "Retry-After: 1"), False)
    for hit, run in each_index(server, reply, connect, fault, repeatable=False, hit_is="done"):
        assert run.applied.count(hit) == 1


@pytest.mark.parametrize("how", ["dns", "refused", "no tls"])
@pytest.mark.parametrize("lasts", [1, 9])
def test_b1_a_write_that_cannot_leave_is_not_sent_or_done_wherever_it_is(
    server, reply, connect, monkeypatch, how, lasts
):
    """B1: at every index of 20; a short failure is got over, a long one is told as not sent."""
    real, plan = socket.getaddrinfo, {"calls": 0, "fails": range(0)}
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()

    def flaky(host, port, *args, **more):
        plan["calls"] += 1
        good = real(host, port, *args, **more)
        if plan["calls"] - 1 not in plan["fails"]:
            return good
        if how == "dns":
            raise socket.gaierror(-2, "Name or service not known")
        return [(*good[0][:4], closed)]

    def no_tls(*args, **more):
        plan["calls"] += 1
        if plan["calls"] - 1 in plan["fails"]:
            raise ConnectionError("the handshake failed")

    monkeypatch.setattr(socket, "getaddrinfo", flaky)
    if how == "no tls":
        monkeypatch.setattr(socket, "getaddrinfo", real)
        monkeypatch.setattr("sqlcrm.transport.sockets.Backend._connect", _through(no_tls))
    once = (reply(201, b"{}", "Connection: close", then="close"), True)
    for hit in range(ROWS):
        run = Run(server, lambda _: once[0], -1, once)
        plan["calls"], plan["fails"] = 0, range(hit, hit + lasts)
        run._hit = hit
        run._faulty = False
        run.write(connect(timeout=5.0), False)
        after = [row for row in range(hit, ROWS) if run.said[row] != "done"]
        assert all(run.said[row] == "not sent" and row not in run.applied for row in after)
        assert len(after) == (0 if lasts == 1 else min(3, ROWS - hit))
        assert sorted(run.applied) == [row for row in range(ROWS) if row not in after]


def _through(check):
    from sqlcrm.transport.sockets import Backend

    real = Backend._connect

    def connect(self, sock, address, seconds):
        check()
        real(self, sock, address, seconds)

    return connect


def test_b5_a_conflict_on_a_write_sent_again_is_success_where_the_api_says_it_is_ours(
    server, reply, connect, connector
):
    """B5: a create that failed after it was applied meets itself: done, with one row."""
    rules = (Rule(Verdict.ALREADY, (409,), "same idempotency key"),)
    client = connect(connector=connector(rules=rules))
    create = Request("POST", "/rows", body={"row": 1}, repeatable=True)
    server.replies = [reply(500), reply(409, {"message": "same idempotency key"})]
    assert client.send(create).verdict is Verdict.ALREADY
    server.replies = [reply(500), reply(409, {"message": "the e-mail is taken"})]
    assert client.send(create).verdict is Verdict.REJECTED


def test_b6_accepted_is_polled_until_it_is_done(server, reply, connect, clock):
    """B6: 202 is no end: the flow sees it as it is, and asks until the job is done."""

    def job():
        got = yield Request("POST", "/imports", body={"rows": [1]})
        while got.status == 202 or got.body["state"] != "done":
            got = yield Request("GET", "/imports/7", after=2.0)
        return got.body["state"]

    server.replies = [
        reply(202, {"id": 7}),
        reply(200, {"state": "running"}),
        reply(200, {"state": "done"}),
    ]
    assert connect().drive(job()) == "done"
    assert clock.waits == [2.0, 2.0]
    assert [heard.method for heard in server.heard] == ["POST", "GET", "GET"]
