"""Batches of a hundred with wrong rows among them; rows that are locked; an API that throttles."""

import math

import pytest
from fakes.ledger import Fault

from sqlcrm.errors import Throttled

BAD = (1, 50, 99, 100)


def _spread(rows, count):
    """Return `count` of the rows, spread over all of them."""
    return {rows[i * len(rows) // count] for i in range(count)}


def _refusing(bench, bad):
    bench.crm.refuses = lambda row: "this row is wrong" if row["name"] in bad else ""


@pytest.mark.parametrize("kind", ["batched", "errors"])
@pytest.mark.parametrize("count", BAD)
def test_each_row_of_a_batch_gets_its_own_verdict(bench, names, kind, count):
    """B7: 207, or 200 with errors: one call says of each row what became of it."""
    rows = names(100)
    bad = _spread(rows, count)
    _refusing(bench, bad)
    told = bench.insert(kind, rows)
    bench.check(told)
    assert {name for name in rows if told.states[name] == "rejected"} == bad
    assert {told.reasons[name] for name in bad} == {"this row is wrong"}
    assert told.counts.get("done", 0) == 100 - count
    assert len(bench.crm.writes) == 1


@pytest.mark.parametrize("count", [*BAD, 2, 7])
def test_a_batch_that_is_refused_as_a_whole_is_halved_until_the_culprits_stand_apart(
    bench, names, count
):
    """B7: at most 2k*log2(n) further requests for k bad rows of n; no good row is left behind."""
    rows = names(100)
    bad = _spread(rows, count)
    _refusing(bench, bad)
    told = bench.insert("strict", rows)
    bench.check(told)
    assert {name for name in rows if told.states[name] == "rejected"} == bad
    assert told.counts.get("done", 0) == 100 - count
    assert len(bench.crm.writes) - 1 <= 2 * count * math.ceil(math.log2(100))
    assert len(bench.crm.writes) <= 2 * 100 - 1  # a whole tree of halves


@pytest.mark.parametrize("count", [*BAD, 7])
def test_culprits_that_the_api_names_are_dropped_first(bench, names, count):
    """B7: the rest goes in one more call."""
    rows = names(100)
    bad = _spread(rows, count)
    _refusing(bench, bad)
    told = bench.insert("named", rows)
    bench.check(told)
    assert {name for name in rows if told.states[name] == "rejected"} == bad
    assert len(bench.crm.writes) == (2 if count < 100 else 1)


@pytest.mark.parametrize("kind", ["strict", "named", "batched"])
def test_faults_among_the_halves_lose_and_double_nothing(bench, names, kind):
    """B7 with B2 and B4: at each of the first requests, with three bad rows of 60."""
    bench.warm()
    faults = [Fault("after", applied=True), Fault(status=502), Fault("cut"), Fault("early")]
    for index in range(1, 12 if kind == "strict" else 3):
        bench.crm.clear()
        rows = names(60)
        bad = _spread(rows, 3)
        _refusing(bench, bad)
        bench.crm.faults[index] = faults[index % len(faults)]
        told = bench.insert(kind, rows)
        bench.check(told)
        assert {name for name in rows if told.states[name] == "rejected"} == bad
        assert told.counts["done"] == 57


def test_a_batch_that_is_always_refused_ends(bench, names):
    """B7: an API that refuses whatever it is sent: every row is rejected with its words."""
    bench.crm.refuses = lambda _row: "never"
    told = bench.insert("strict", names(100))
    bench.check(told)
    assert told.counts == {"rejected": 100}
    assert set(told.reasons.values()) == {"one of the rows is wrong"}


def test_rows_that_others_hold_are_sent_alone_one_after_the_other(bench, names):
    """D8: 37 % of the rows answer that they are locked: once more, alone, serially; all done."""
    rows = names(100)
    told = bench.insert("locked", rows)
    bench.all_done(told)
    batches = [len(one.body["rows"]) for one in bench.crm.writes]
    assert batches == [100, *[1] * 37]
    assert len({one.connection for one in bench.crm.writes}) == 1


def test_rows_that_stay_locked_are_rejected_with_the_reason(bench, names):
    """D8: alone and still locked: nothing was done, and it is not tried for ever."""
    rows = names(20)
    bench.crm.share = 1.0
    bench.warm()
    bench.crm.share = 1.0

    def held(body):
        return {"results": [{**one, "locked": True} for one in body["results"]]}

    make, bench.crm._make = bench.crm._make, lambda _table, _row: {"id": 0}
    bench.crm.faults[1] = Fault("body", times=99, twist=held)
    told = bench.insert("locked", rows)
    bench.crm._make = make
    bench.check(told)
    assert told.counts == {"rejected": 20}
    assert len(bench.crm.writes) == 21


@pytest.mark.parametrize("kind", ["items", "uniques", "notes", "upserts"])
def test_a_storm_of_429_while_writing_ends_with_every_row_once(bench, names, kind):
    """D1: every second answer is a 429: 50 rows are written once each, in 2.2 x the calls."""
    bench.warm()
    bench.crm.faults = {i: Fault(status=429) for i in range(0, 200, 2)}
    bench.all_done(bench.insert(kind, names(50)))
    assert len(bench.crm.seen) <= 2.2 * 51
    assert len(bench.clock.waits) >= 50


@pytest.mark.parametrize("kind", ["batched", "strict", "jobs", "locked"])
def test_a_storm_of_429_is_no_reason_to_take_batches_apart(bench, names, kind):
    """D1: a throttled batch is sent again as it was."""
    bench.warm()
    bench.crm.faults = {i: Fault(status=429) for i in range(0, 200, 2)}
    bench.all_done(bench.insert(kind, names(50)))
    assert len(bench.crm.seen) <= 2.2 * {"jobs": 6, "locked": 22}.get(kind, 2)


@pytest.mark.parametrize(
    "after", ["0", "1", "1.5", "-1", "soon", "1e308", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_a_strange_retry_after_on_a_write_is_survived(bench, names, after):
    """D2: on a 429 and on a 503 that was not applied; the wait stays within 300 s."""
    bench.warm()
    for status in (429, 503):
        bench.crm.clear()
        bench.crm.faults[3] = Fault(status=status, headers={"Retry-After": after})
        bench.all_done(bench.insert("items", names(10)))
    assert max(bench.clock.waits, default=0) <= 300


def test_a_retry_after_beyond_all_patience_stops_the_write_and_skips_the_rest(bench, names):
    """D2: above the cap it fails with the time, and does not sleep; the rows say what became."""
    bench.warm()
    bench.crm.faults[5] = Fault(status=429, headers={"Retry-After": "9999999999"})
    rows = names(10)
    told = bench.insert("notes", rows)
    assert isinstance(told.error, Throttled)
    assert "9999999999" in str(told.error)
    bench.check(told)
    assert told.counts == {"done": 5, "skipped": 5}
    assert sum(bench.clock.waits) < 300
    assert bench.insert("notes", rows).counts == {"done": 5, "unchanged": 5}
