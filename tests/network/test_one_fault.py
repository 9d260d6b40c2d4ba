"""One fault, at each request of a run of 20 rows: nothing is lost, nothing is doubled."""

import itertools
import random
import socket

import pytest

pytestmark = pytest.mark.usefixtures("impatient")

SINGLE = ("upserts", "items", "uniques", "notes", "laggy")
KINDS = (*SINGLE, "batched", "errors", "strict", "named", "jobs", "queue", "locked")
STATUSES = (500, 502, 503, 504, 520, 521, 522, 523, 524, 408, 425)
REQUESTS = dict.fromkeys(SINGLE, 21) | {"notes": 20, "jobs": 6, "queue": 6, "locked": 10}
"""Requests of a run by kind, a look-up among them where names are looked up; 2 where not said."""


def _faults():
    """Return every fault of B2 to B4 that hits one request."""
    from fakes.ledger import Fault

    made = [Fault("early"), Fault("half"), Fault("cut"), Fault("idle")]
    made += [Fault(how, applied=applied) for how in ("after", "hang") for applied in (0, 1)]
    made += [Fault(status=code, applied=applied) for code in STATUSES for applied in (0, 1)]
    return [*made, Fault(status=429), Fault(status=429, headers={"Retry-After": "1"})]


def _worst(kind):
    """Return faults that are to last; for the slower kinds, half of them."""
    from fakes.ledger import Fault

    made = [Fault(status=500), Fault("after", applied=True), Fault("early"), Fault("cut")]
    return made[: 2 if kind in SINGLE else 4]


def _requests(kind):
    return REQUESTS.get(kind, 2)


def _run(bench, names, kind, index, fault):
    """Run 20 rows with one fault at one request; hold what is told against the ledger."""
    crm = bench.crm
    bench.warm()
    crm.faults[index] = fault
    told = bench.insert(kind, names(20))
    where = f"{kind}, request {index}, {fault.named}"
    if kind == "notes" and told.counts != {"done": 20}:
        assert told.counts == {"done": 19, "unknown": 1}, (where, told.counts)
        bench.check(told)
        return
    assert told.error is None, (where, told.error)
    assert told.counts == {"done": 20}, (where, told.counts, set(told.reasons.values()))
    bench.check(told)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_any_request_loses_and_doubles_nothing(bench, names, kind):
    """B2, B3, B4: at every request of the run, each time another of the faults."""
    faults = _faults()
    random.Random(kind).shuffle(faults)  # noqa: S311 - the same order each time
    every = 1 if kind in SINGLE else 4  # faults at each request
    each = [index for index in range(_requests(kind)) for _ in range(every)]
    for index, fault in zip(each, itertools.cycle(faults), strict=False):
        _run(bench, names, kind, index, fault)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_at_every_request_loses_and_doubles_nothing(bench, names, kind):
    """B2, B3, B4: each fault at each request of the run."""
    for index, fault in itertools.product(range(_requests(kind)), _faults()):
        _run(bench, names, kind, index, fault)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["refused", "unnamed"])
def test_what_provably_was_not_sent_is_sent_again(bench, names, monkeypatch, kind, how):
    """B1: at each request no connection can be made: refused, or the name has no address."""
    bench.crm.closes = True  # so that each request makes a connection
    real, bad = socket.getaddrinfo, {"at": -1, "count": 0}
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]

    def looked_up(host, port, *args, **more):
        bad["count"] += 1
        if bad["count"] - 1 != bad["at"]:
            return real(host, port, *args, **more)
        if how == "unnamed":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(host, nobody, *args, **more)

    bench.warm()
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    step = 1 if kind not in SINGLE else 5
    for index in range(0, _requests(kind), step):
        bench.crm.clear()
        bad.update(at=index, count=0)
        bench.all_done(bench.insert(kind, names(20)))
        assert bad["count"] > index, "the fault was met"


@pytest.mark.parametrize("kind", KINDS)
def test_an_api_that_is_down_for_good_leaves_nothing_unsaid(bench, names, kind):
    """B1 to B4: from some request on there are only faults; each row is told, none is doubled."""
    from fakes.ledger import Fault

    for index, fault in itertools.product((1, _requests(kind) - 1), _worst(kind)):
        bench.again()
        bench.warm()
        bench.crm.faults[index] = Fault(fault.how, fault.status, applied=fault.applied, times=999)
        told = bench.insert(kind, names(20))
        assert told.error is not None or "unknown" in told.counts
        bench.check(told)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "notes"])
def test_where_rows_can_be_read_back_nothing_stays_unknown(bench, names, kind):
    """B2, B4: reads work and writes fail for good: each row is done, rejected or skipped."""
    from fakes.ledger import Fault

    method = "PUT" if kind == "upserts" else "POST"
    for index, fault in itertools.product((0, _requests(kind) - 1), _worst(kind)):
        bench.again()
        bench.warm()
        more = {"applied": fault.applied, "times": 999, "only": method}
        bench.crm.faults[index] = Fault(fault.how, fault.status, **more)
        told = bench.insert(kind, names(20))
        bench.check(told)
        assert "unknown" not in told.counts, (index, fault, told.counts, set(told.reasons.values()))
