"""The limiter: nobody exceeds the declared rate, everybody gets his turn."""

import threading

import pytest

from sqlcrm.errors import Cancelled
from sqlcrm.sdk import RateLimit, Request
from sqlcrm.transport import Clock, Limiter, limiter_for, testing
from sqlcrm.transport.clock import REAL, FakeClock

NEVER = threading.Event()


def departures(limiter, clock, times, path="/x"):
    left = []
    for _ in range(times):
        limiter.acquire(path, NEVER)
        left.append(clock.now)
    return left


def paced(times):
    return pytest.approx(times, rel=0.016, abs=1e-6)


def most_in_a_window(left, per):
    return max(sum(at <= other < at + per - 1e-6 for other in left) for at in left)


@pytest.mark.parametrize(("calls", "per"), [(5, 1.0), (10, 1.0), (100, 10.0), (190, 10.0)])
def test_d3_a_long_scan_uses_the_allowed_rate_and_no_more(clock, calls, per):
    """D3: a long scan uses the allowed rate and no more."""
    left = departures(Limiter((RateLimit(calls, per),), REAL), clock, 301)
    rate = 300 / (left[-1] - left[0])
    assert 0.95 * calls / per <= rate <= calls / per + 1e-6
    assert most_in_a_window(left, per) <= calls


@pytest.mark.parametrize("burst", [2, 3, 5])
def test_d3_a_burst_is_spent_at_once_and_never_exceeds_the_window(clock, burst):
    """D3: a burst is spent at once and never exceeds the window."""
    limiter = Limiter((RateLimit(5, 1.0, burst=burst),), REAL)
    left = departures(limiter, clock, 101)
    assert left[:burst] == [0.0] * burst
    assert left[burst] > 0
    assert most_in_a_window(left, 1.0) == 5
    assert left[-1] == paced(20)
    clock.advance(100)
    assert departures(limiter, clock, burst) == [clock.now] * burst


def test_a_bucket_deeper_than_its_rate_is_a_bucket(clock):
    left = departures(Limiter((RateLimit(2, 1.0, burst=40),), REAL), clock, 43)
    assert left[:40] == [0.0] * 40
    assert left[40:] == paced([0.5, 1.0, 1.5])


def test_acquire_tells_how_long_it_waited(clock):
    limiter = Limiter((RateLimit(4),), REAL)
    assert limiter.acquire("/x", NEVER).waited == 0
    assert limiter.acquire("/x", NEVER).waited == paced(0.25)


def test_all_limits_of_a_path_apply(clock):
    limiter = Limiter((RateLimit(10), RateLimit(1, paths="/search")), REAL)
    assert departures(limiter, clock, 3, "/search") == paced([0, 1, 2])
    assert departures(limiter, clock, 3, "/contacts") == paced([2.1, 2.2, 2.3])


def test_no_limits_mean_no_waits_but_pauses_hold(clock):
    limiter = Limiter((), REAL)
    assert departures(limiter, clock, 3) == [0, 0, 0]
    limiter.pause(7)
    limiter.pause(3)
    assert departures(limiter, clock, 2) == paced([7, 7])


def test_d2_no_pause_is_longer_than_300_s(clock):
    """D2: no pause is longer than 300 s."""
    limiter = Limiter((), REAL)
    limiter.pause(1e9)
    assert departures(limiter, clock, 1) == paced([300])
    limiter.pause(-5)
    assert departures(limiter, clock, 1) == paced([300])


def test_after_a_pause_the_queue_is_paced_not_released(clock):
    limiter = Limiter((RateLimit(5),), REAL)
    departures(limiter, clock, 1)
    limiter.pause(10)
    assert departures(limiter, clock, 3) == paced([10, 10.2, 10.4])


class Stepped(Clock):
    """A clock that moves only when a test says so; waiting threads look again at each step."""

    def __init__(self):
        self.now = 0.0
        self.waiting = 0
        self.moved = threading.Condition()

    def monotonic(self):
        return self.now

    def time(self):
        return self.now

    def wait(self, seconds, cancel):
        with self.moved:
            end = self.now + seconds
            self.waiting += 1
            self.moved.notify_all()
            while self.now < end and not cancel.is_set():
                self.moved.wait(5)
            self.waiting -= 1
        if cancel.is_set():
            raise Cancelled("cancelled")

    def until(self, event, cancel, end=0.0):
        if event.is_set():
            return
        with self.moved:
            self.waiting += 1
            self.moved.notify_all()
        try:
            super().until(event, cancel)
        finally:
            with self.moved:
                self.waiting -= 1

    def queued(self, count):
        with self.moved:
            assert self.moved.wait_for(lambda: self.waiting >= count, 5)

    def step(self, seconds, left, count):
        with self.moved:
            self.now += seconds
            self.moved.notify_all()
            assert self.moved.wait_for(lambda: len(left) >= count, 5)


class Crowd:
    """Threads that queue up at a limiter one after another."""

    def __init__(self, limiter, clock):
        self.limiter, self.clock, self.left, self.threads = limiter, clock, [], []

    def join(self, name, path, group=None):
        def work():
            self.limiter.acquire(path, NEVER, group)
            with self.clock.moved:
                self.left.append(name)
                self.clock.moved.notify_all()

        self.threads.append(threading.Thread(target=work, daemon=True))
        self.threads[-1].start()
        self.clock.queued(len(self.threads))

    def finish(self):
        for thread in self.threads:
            thread.join(5)


def test_d4_turns_are_taken_in_order_of_arrival():
    """D4: turns are taken in order of arrival."""
    clock = Stepped()
    limiter = Limiter((RateLimit(1),), clock)
    limiter.acquire("/x", NEVER)
    crowd = Crowd(limiter, clock)
    for name in range(5):
        crowd.join(name, "/x")
    for count in range(1, 6):
        clock.step(1.02, crowd.left, count)
    crowd.finish()
    assert crowd.left == [0, 1, 2, 3, 4]


def test_d4_cheap_calls_do_not_queue_behind_a_narrow_limit():
    """D4: cheap calls do not queue behind a narrow limit."""
    clock = Stepped()
    limiter = Limiter((RateLimit(10), RateLimit(1, per=10.0, paths="/search")), clock)
    limiter.acquire("/search", NEVER)
    crowd = Crowd(limiter, clock)
    crowd.join("search", "/search")
    crowd.join("cheap", "/contacts")
    clock.step(0.11, crowd.left, 1)
    assert crowd.left == ["cheap"]
    clock.step(10.2, crowd.left, 2)
    crowd.finish()
    assert crowd.left == ["cheap", "search"]


def test_who_is_cancelled_leaves_the_queue():
    clock = Stepped()
    limiter = Limiter((RateLimit(1),), clock)
    limiter.acquire("/x", NEVER)
    cancel, failed = threading.Event(), []

    def give_up():
        with pytest.raises(Cancelled):
            limiter.acquire("/x", cancel)
        failed.append(True)

    thread = threading.Thread(target=give_up)
    thread.start()
    clock.queued(1)
    cancel.set()
    with clock.moved:
        clock.moved.notify_all()
    thread.join(5)
    assert failed
    clock.now += 1.02
    assert limiter.acquire("/x", NEVER).waited == 0


def test_a_real_wait_ends_at_once_when_cancelled():
    cancel = threading.Event()
    Clock.fake = None
    waiting = threading.Thread(target=cancel.set)
    waiting.start()
    with pytest.raises(Cancelled):
        REAL.wait(30, cancel)
    waiting.join()
    assert REAL.wait(0, threading.Event()) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"ratelimit-remaining": "0", "ratelimit-reset": "3"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3"},
    ],
)
def test_d3_an_allowance_that_others_used_up_is_waited_for(clock, headers):
    """D3: an allowance that others used up is waited for."""
    limiter = Limiter((RateLimit(100, 10.0),), REAL)
    departures(limiter, clock, 2)
    limiter.observe(headers)
    assert departures(limiter, clock, 1) == paced([3.1])


def test_d3_an_allowance_that_we_used_up_ourselves_needs_no_pause(clock):
    """D3: an allowance that we used up ourselves needs no pause."""
    limiter = Limiter((RateLimit(5, 1.0),), REAL)
    departures(limiter, clock, 5)
    limiter.observe({"ratelimit-remaining": "0", "ratelimit-reset": "1"})
    assert departures(limiter, clock, 1) == paced([1.0])


def test_d3_a_reset_may_be_a_point_in_time_and_is_never_longer_than_the_window(clock):
    """D3: a reset may be a point in time and is never longer than the window."""
    limiter = Limiter((RateLimit(100, 10.0),), REAL)
    limiter.observe({"ratelimit-remaining": "0", "ratelimit-reset": str(int(clock.time()) + 4)})
    assert 2.9 <= departures(limiter, clock, 1)[0] <= 4.1
    limiter.observe({"ratelimit-remaining": "0", "ratelimit-reset": "86400"})
    assert 10 < departures(limiter, clock, 1)[0] <= 14.2


@pytest.mark.parametrize("left", ["5", "", "many", "-1", "²", "9" * 400])
def test_headers_never_speed_up(clock, left):
    limiter = Limiter((RateLimit(5, 1.0),), REAL)
    limiter.observe({"ratelimit-remaining": left, "ratelimit-limit": "1000"})
    assert departures(limiter, clock, 3) == paced([0, 0.2, 0.4])


def test_d3_a_client_keeps_to_the_declared_rate(server, reply, connect, clock, calls):
    """D3: a client keeps to the declared rate."""
    server.default = reply(200, b"{}", "RateLimit-Remaining: 3")
    client = connect(limiter=Limiter((RateLimit(5),), REAL))
    for _ in range(11):
        client.send(Request("GET", "/x"))
    assert clock.now == paced(2.0)
    assert [call.waited_ms for call in calls] == [0] + [203] * 10


def test_an_account_has_one_limiter():
    assert limiter_for("x", (), Clock()) is limiter_for("x", (), Clock())
    assert limiter_for("x", (), FakeClock()) is not limiter_for("x", (), FakeClock())
    limits = (RateLimit(5),)
    one = limiter_for("activecampaign acme 1", limits, REAL)
    assert limiter_for("activecampaign acme 1", [RateLimit(5)], REAL) is one
    assert limiter_for("activecampaign acme 2", limits, REAL) is not one
    assert limiter_for("activecampaign acme 1", (), REAL) is not one


def test_testing_forgets_limiters_of_the_other_clock():
    one = limiter_for("a", (), REAL)
    with testing() as inner:
        assert Clock.fake is inner
        assert limiter_for("a", (), REAL) is not one
    assert isinstance(Clock.fake, FakeClock)
    assert Clock.fake is not inner


def test_d4_a_single_call_is_not_starved_by_a_scan():
    """D4: it leaves among the next two, however many calls of the scan are waiting."""
    clock = Stepped()
    limiter = Limiter((RateLimit(1),), clock)
    limiter.acquire("/x", NEVER)
    crowd = Crowd(limiter, clock)
    for number in range(16):
        crowd.join(f"scan {number}", "/contacts", group="scan")
    crowd.join("cheap", "/fields", group="fields")
    for count in range(1, 18):
        clock.step(1.02, crowd.left, count)
    crowd.finish()
    assert "cheap" in crowd.left[:3]
    assert [name for name in crowd.left if name != "cheap"] == [f"scan {n}" for n in range(16)]


def test_d4_two_scans_take_turns():
    """D4: whoever came later does not wait for the whole queue of the one before."""
    clock = Stepped()
    limiter = Limiter((RateLimit(1),), clock)
    limiter.acquire("/x", NEVER)
    crowd = Crowd(limiter, clock)
    for name in ("a", "b"):
        for _ in range(4):
            crowd.join(name, "/x", group=name)
    for count in range(1, 9):
        clock.step(1.02, crowd.left, count)
    crowd.finish()
    assert "".join(crowd.left) == "aabababb"
