"""Rate limits and latency."""

from collections.abc import Iterator

import httpx
import pytest

from sqlcrm.sandbox import Options, Sandbox, serve
from sqlcrm.sandbox.limits import Limiter


@pytest.fixture
def limited(toy: Sandbox, clock) -> Iterator[httpx.Client]:
    with (
        serve([toy], Options(people=3, clock=clock)) as running,
        httpx.Client(base_url=running[0].url) as client,
    ):
        yield client


def test_calls_over_the_limit_are_refused_until_the_window_moved(limited: httpx.Client, clock):
    assert [limited.get("/things").status_code for _ in range(7)] == [200] * 5 + [429] * 2
    clock.seconds += 1
    assert limited.get("/things").status_code == 200


def test_replies_tell_how_many_calls_are_left_once(limited: httpx.Client):
    left = [limited.get("/things").headers.get_list("x-left") for _ in range(6)]
    assert left == [["4"], ["3"], ["2"], ["1"], ["0"], ["0"]]


def test_refused_calls_are_counted_in_the_counters(limited: httpx.Client):
    for _ in range(6):
        limited.get("/things")
    assert limited.get("/_sandbox/counters").json()["by_status"] == {"200": 5, "429": 1}


def test_control_calls_are_not_limited(limited: httpx.Client):
    assert {limited.get("/_sandbox/counters").status_code for _ in range(20)} == {200}


def test_a_call_with_a_limit_of_its_own_does_not_count(limited: httpx.Client):
    assert {limited.get("/free").status_code for _ in range(9)} == {200}
    assert limited.get("/things").headers["x-left"] == "4"


def test_limits_off_refuses_nothing(http: httpx.Client):
    assert {http.get("/things").status_code for _ in range(30)} == {200}


def test_a_refused_call_does_not_make_the_wait_longer(clock):
    limiter = Limiter(2, 1.0, clock)
    assert [limiter.take() for _ in range(4)] == [True, True, False, False]
    clock.seconds += 0.5
    assert not limiter.take()
    clock.seconds += 0.5
    assert limiter.take()
    assert limiter.left == 1


def test_latency_is_added_to_each_call(toy: Sandbox):
    with serve([toy], Options(latency_ms=30)) as running:
        httpx.get(running[0].url + "/things")
        assert httpx.get(running[0].url + "/_sandbox/calls").json()[0]["ms"] >= 25
