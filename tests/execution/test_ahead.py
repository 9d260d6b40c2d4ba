"""Several calls at once, results in order."""

import threading

import pytest

from sqlcrm.execution.ahead import in_order


def test_results_come_in_order_whatever_finishes_first():
    second = threading.Event()

    def slow():
        assert second.wait(10)
        return "first"

    def quick():
        second.set()
        return "second"

    assert list(in_order([slow, quick], width=2)) == ["first", "second"]


def test_no_more_than_width_are_under_way_or_waiting_to_be_taken():
    started = []
    results = in_order([lambda i=i: started.append(i) or i for i in range(20)], width=3)
    assert next(results) == 0
    assert len(started) <= 4
    assert list(results) == list(range(1, 20))


def test_an_error_comes_in_its_turn_and_stops_what_has_not_started():
    started = []

    def task(i):
        started.append(i)
        if i == 2:
            raise ValueError(i)
        return i

    results = in_order([lambda i=i: task(i) for i in range(50)], width=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="2"):
        next(results)
    assert len(started) < 8


def test_stopping_early_leaves_no_thread():
    results = in_order([lambda: 1] * 30, width=4)
    assert next(results) == 1
    results.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("sqlcrm-read")]
